/** A run that is stopped, and goes on as if it had not been. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arms, makeModel } from './task.mjs';

const { x, y } = arms(900);
const folder = mkdtempSync(join(tmpdir(), 'unequal-example-'));
const path = join(folder, 'run.checkpoint');
const model = makeModel();

// #region checkpoint
import { fit, readCheckpoint } from 'unequal';

const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const args = { epochs: 6, seed: 1, checkpoint: { path, every: 200 } };
await fit(model, x, y, { ...args, signal: stop.signal });

// Later, in another process: the same model, data and arguments.
await fit(makeModel(), x, y, { ...args, epochs: 8, resume: path });
// #endregion checkpoint
console.log(Object.keys(/** @type {object} */ (await readCheckpoint(path))).length > 0, readFileSync(path).length > 0);
