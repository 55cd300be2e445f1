/** The random programs of a test file. `SAME_RUNS` says how many there are in all files, `SAME_SEED` which. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import type { Spec } from './random.ts';
import { check, checkMany } from './random-check.ts';

const files = 2;

export function randomTest(file: number): void {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  const { SAME_RUNS = '600', SAME_SEED = '1', SAME_SPEC } = process.env;
  if (SAME_SPEC !== undefined) {
    test('a given program', async () => {
      if (file === 1) expect(await check(JSON.parse(SAME_SPEC) as Spec)).toEqual([]);
    });
    return;
  }
  const runs = Math.ceil(Number(SAME_RUNS) / files);
  // A program takes a fifth of a second or so.
  test(`${runs} random programs train the same`, { timeout: 240_000 + runs * 2000 }, async () => {
    await checkMany(runs, files * Number(SAME_SEED) + file);
  });
}
