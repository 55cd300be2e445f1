import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectSame } from './kernels.ts';
import { operations } from './operations.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const images = (shape: readonly number[], seed: number) => tf.randomNormal([...shape], 0, 1, 'float32', seed);

interface Case {
  batch: number;
  size: readonly [number, number];
  channels: number;
  multiplier: number;
  kernel: readonly [number, number];
  stride: number;
  pad: 'same' | 'valid';
}

const shapes = ({ batch, size, channels, multiplier, kernel }: Case) => ({
  x: [batch, ...size, channels],
  filter: [...kernel, channels, multiplier],
});

/** Value and both gradients; what follows the convolution keeps its result in whatever layout it has. */
const gradients =
  ({ stride, pad }: Pick<Case, 'stride' | 'pad'>) =>
  ({ x, filter }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const f = (x: tf.Tensor, filter: tf.Tensor) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad);
    const [ofX, ofFilter] = tf.grads((x, filter) => f(x.tanh(), filter).sigmoid().square().sum())([x, filter]);
    return { y: f(x, filter), ofX, ofFilter };
  };

async function check(c: Case): Promise<void> {
  const { x, filter } = shapes(c);
  await expectSame(gradients(c), { x: images(x, 1), filter: images(filter, 2) });
}

const usual: Case = { batch: 2, size: [8, 8], channels: 16, multiplier: 1, kernel: [3, 3], stride: 1, pad: 'same' };

describe('depthwise convolution', () => {
  it.each([
    usual,
    { ...usual, multiplier: 2 },
    { ...usual, channels: 8 },
    { ...usual, channels: 24 },
    { ...usual, channels: 1, multiplier: 16 },
    { ...usual, channels: 32, size: [7, 5], pad: 'valid' },
    { ...usual, channels: 32, stride: 2 },
    { ...usual, channels: 32, stride: 2, size: [9, 7] },
    { ...usual, stride: 2, pad: 'valid' },
    { ...usual, stride: 2, size: [9, 10], pad: 'valid', multiplier: 2 },
    { ...usual, stride: 2, kernel: [1, 1] },
    { ...usual, kernel: [1, 1], batch: 1 },
    { ...usual, stride: 3, size: [11, 10], kernel: [2, 5] },
    { ...usual, size: [3, 3], kernel: [3, 3], pad: 'valid' },
  ] as Case[])('%o', check);

  it('agrees for any geometry', async () => {
    const geometry = fc.record({
      batch: fc.integer({ min: 1, max: 3 }),
      size: fc.tuple(fc.integer({ min: 3, max: 9 }), fc.integer({ min: 3, max: 9 })),
      channels: fc.constantFrom(1, 3, 8, 16, 20, 32),
      multiplier: fc.integer({ min: 1, max: 2 }),
      kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      stride: fc.integer({ min: 1, max: 3 }),
      pad: fc.constantFrom<('same' | 'valid')[]>('same', 'valid'),
    });
    await fc.assert(fc.asyncProperty(geometry, check), { numRuns: 25, seed: 7 });
  });

  // Forward twice: of x, and of its hyperbolic tangent.
  it.each([1, 2])('is in blocks with stride %i, and so are both its gradients', (stride) => {
    const found = operations(gradients({ stride, pad: 'same' }), shapes(usual), 16);
    expect(found.filter((op) => op.endsWith('Conv'))).toEqual(Array(4).fill('nchwc.Conv'));
    expect(found).not.toContain('ConvTranspose');
  });

  it('is in no blocks where its channels fill none', () => {
    const found = operations(gradients(usual), shapes({ ...usual, channels: 24, batch: 1 }), 16);
    expect(found.filter((op) => op.startsWith('nchwc'))).toEqual([]);
  });
});
