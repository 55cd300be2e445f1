/** Every layer the coverage table names: output, loss and gradients as on the `cpu` backend. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, test } from 'vitest';
import { expectSame } from './agree.ts';
import { layerCases } from './layer-cases.ts';
import { layerPass } from './layer-pass.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe.each(Object.entries(layerCases))('%s', (_, make) => {
  test.each([true, false])('training: %s', async (training) => {
    const { fn, inputs } = layerPass(make(), training);
    await expectSame(fn, inputs);
  });
});
