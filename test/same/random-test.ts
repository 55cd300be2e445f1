/**
 * The random programs of a test file. `SAME_RUNS` says how many there are in all files, courses aside, and `SAME_SEED` which;
 * `SAME_SPEC` or `SAME_COURSE` is a single one.
 */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { check, checkMany, type Kind } from './random-check.ts';

/** Files with random programs. */
const files = 3;

/** @param share of `SAME_RUNS` that is in this file. */
export function randomTest<Spec>(kind: Kind<Spec>, file: number, share: number): void {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });
  const { SAME_RUNS = '600', SAME_SEED = '1', SAME_SPEC, SAME_COURSE } = process.env;
  if (SAME_SPEC !== undefined || SAME_COURSE !== undefined) {
    test('a given program', async () => {
      const given = process.env[kind.again];
      if (given !== undefined) expect(await check(kind, JSON.parse(given) as Spec)).toEqual([]);
    });
    return;
  }
  const runs = Math.ceil(Number(SAME_RUNS) * share);
  // A program takes a fifth of a second or so, a course more than one.
  test(`${runs} random programs train the same`, { timeout: 240_000 + runs * 8000 }, async () => {
    await checkMany(kind, runs, files * Number(SAME_SEED) + file);
  });
}
