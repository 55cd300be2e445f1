/** Whole trainings on the device: the weights of the processor after several steps. */
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { importance, uniform } from '../../src/index.ts';
import { expectClose } from '../compiler/agree.ts';
import { hasAdapter } from './adapter.ts';
import { networks, optimizers, train } from './networks.ts';

describe.skipIf(!hasAdapter)('on a device', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
    vi.spyOn(console, 'warn');
  });

  afterAll(() => {
    expect(console.warn).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });

  // Nine steps of each: the differences of single operations, 1e-6, have grown by then.
  describe.each(Object.entries(networks))('%s', (_, make) => {
    test.each(Object.entries(optimizers))('%s', async (_, optimizer) => {
      const there = await train(make, optimizer, { method: uniform(), providers: ['webgpu'] });
      const here = await train(make, optimizer, { method: uniform() });
      expectClose(there.loss, here.loss, 'losses');
      for (const [i, values] of here.values.entries()) expectClose(there.values[i], values, `values ${i}`, 1e-3);
    });
  });

  test('by importance', async () => {
    const args = { method: importance({ start: 1 }), epochs: 4 };
    const there = await train(networks.cnn, optimizers.momentum, { ...args, providers: ['webgpu'] });
    const here = await train(networks.cnn, optimizers.momentum, args);
    expectClose(there.loss, here.loss, 'losses', 1e-3);
    for (const [i, values] of here.values.entries()) expectClose(there.values[i], values, `values ${i}`, 1e-2);
  });
});
