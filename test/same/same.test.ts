/** Every program of the table trains by `fit` as it does by `model.fit`. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { compare } from './compare.ts';
import { tables } from './programs/index.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

for (const [part, programs] of Object.entries(tables)) {
  describe(part, () => {
    for (const [words, program] of Object.entries(programs)) {
      (program.known ? test.fails : test)(words, async () => {
        const { faults } = await compare(program, program.outcome);
        expect(faults).toEqual([]);
      });
    }
  });
}
