import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/sampling/random.ts';
import { families } from './families.ts';
import { outcomeOf } from './family.ts';

/** The trials of a family from one on, in a process of its own; each tells its outcome to the one that started it. */
const [, , name, seed, from, to] = process.argv;
const family = families.find((one) => one.name === name)!;
const folder = mkdtempSync(join(tmpdir(), 'unequal-campaign-'));
process.on('exit', () => {
  family.end?.();
  rmSync(folder, { recursive: true, force: true });
});
process.on('disconnect', () => process.exit(1));
const tell = (message: object) => new Promise<void>((resolve) => process.send!(message, () => resolve()));
const random = new Random(Number(seed)).fork(name);
const trial = await family.start(folder);
if (typeof trial === 'string') await tell({ skipped: trial });
else {
  await tell({ started: true });
  for (let k = Number(from); k < Number(to); k++) await tell({ k, ...(await outcomeOf(trial, random.fork(k))) });
}
process.exit(0);
