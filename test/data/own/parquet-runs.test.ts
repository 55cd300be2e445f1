import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Random } from '../../../src/sampling/random.ts';
import { mutate } from '../fuzz/mutate.ts';
import { READERS } from '../fuzz/readers.ts';
import { temporaryFolder } from '../temporary.ts';

const root = temporaryFolder();
const { seeds, read } = READERS.find(({ name }) => name === 'parquet')!;

// Two inputs of `npm run campaign -- --only parquet --seed 61`. Decoded, they end the process.
it.each([1008, 1689])('a page whose runs have no end is refused (%i)', async (trial) => {
  const intact = await seeds();
  const random = new Random(61).fork('reader: parquet').fork(trial);
  const which = random.integer(intact.length);
  const bytes = mutate(intact[which], intact, (below) => random.integer(Math.max(1, below)));
  const folder = join(root, `${trial}`);
  mkdirSync(folder);
  await expect(read(bytes, folder, which)).rejects.toThrow(/a run of \d+ values in a page of \d+/);
});
