/** A pool of the built library, in a program of its own: it ends by itself, and gives what there is without it. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../data/temporary.ts';

const root = temporaryFolder();
const library = pathToFileURL(resolve('dist/data.mjs')).href;

const samples = `
import { augmented, ByteImages } from '${library}';
const pixels = Uint8Array.from({ length: 20 * 64 * 3 }, (_, i) => (i * 7919) % 251);
const labels = Uint8Array.from({ length: 20 }, (_, i) => i % 2);
const images = new ByteImages({ name: 'x', pixels, labels, height: 8, width: 8, channels: 3, classNames: ['a', 'b'] });
export default () => augmented(images, { copies: 5, shift: 0.2 });
`;

const program = `
import { deepStrictEqual } from 'node:assert';
import { pooled } from '${library}';
import here from './samples.mjs';
const pool = await pooled(new URL('./samples.mjs', import.meta.url), { workers: 2 });
const indices = Int32Array.from({ length: 30 }, (_, k) => (k * 13) % 100);
pool.soon(indices);
const { xs, ys } = await pool.batch(indices);
deepStrictEqual({ xs, ys }, await here().batch(indices));
// Nobody comes for these, and nobody closes the pool.
pool.soon([1]);
pool.soon([2]);
console.log(pool.length, pool.classNames.join());
`;

it('ends by itself, with augmented images to the bit', async () => {
  writeFileSync(join(root, 'samples.mjs'), samples);
  const file = join(root, 'program.mjs');
  writeFileSync(file, program);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], { timeout: 50_000 });
  expect(stderr).toBe('');
  expect(stdout.trim()).toBe('100 a,b');
});
