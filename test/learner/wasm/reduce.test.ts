import '@tensorflow/tfjs';
import { describe, it } from 'vitest';
import { expectSame, expectSameGradients, integers, noise } from './on-both.ts';

describe('reductions on wasm equal those on cpu', () => {
  const everyAxes = [[], [0], [0, 1], [1, 0], [0, 1, 2], [1], [2], [-1], [1, 2], [0, 2], [0, -1], [0, 1, 2, 3]];
  for (const name of ['sum', 'mean', 'max', 'min', 'prod'] as const) {
    it(`${name} over any axes`, async () => {
      for (const axes of everyAxes) {
        for (const keepDims of [false, true]) {
          await expectSame([noise([3, 4, 5, 6])], (x) => x[name](axes, keepDims));
        }
      }
    });
  }

  it('sum and mean of integers and booleans', async () => {
    for (const dtype of ['int32', 'bool'] as const) {
      for (const axes of [[0], [1], [0, 1]]) {
        const x = { ...integers([5, 7], dtype === 'bool' ? 2 : 9), dtype };
        await expectSame([x], (x) => [x.sum(axes), x.mean(axes)]);
      }
    }
  });

  it('sums of many terms', () => expectSame([noise([50_000, 3])], (x) => [x.sum(0), x.mean(0)]));
  it('sums of nothing', () => expectSame([noise([0, 3])], (x) => x.sum(0)));
  it('gradients', () => expectSameGradients([noise([3, 4, 5])], (x) => x.sum([0, 1]).mul(x.mean(0))));
});
