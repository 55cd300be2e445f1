import { describe, expect, it } from 'vitest';
import { type ModelBatch, rowsOf, selectRows } from '../../src/learner/batch.ts';

const batch = (weighted: boolean): ModelBatch => ({
  size: 3,
  xs: [{ data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2], dtype: 'float32' }],
  ys: [{ data: Int32Array.of(7, 8, 9), shape: [3], dtype: 'int32' }],
  ...(weighted && { lossWeights: [Float32Array.of(0.1, 0.2, 0.3)] }),
});

describe('the rows of a batch, copied when they are looked at', () => {
  it.each([false, true])('are those copied at once, with loss weights: %s', (weighted) => {
    const rows = Int32Array.of(2, 0, 2);
    expect(rowsOf(batch(weighted), rows)).toEqual(selectRows(batch(weighted), rows));
    expect({ ...rowsOf(batch(weighted), rows) }).toEqual(selectRows(batch(weighted), rows));
  });

  it('are not copied for their number, and once for all else', () => {
    const looked: number[] = [];
    const watched = new Proxy(Int32Array.of(1, 2), {
      get: (target, key) => {
        if (key === '0') looked.push(0);
        return Reflect.get(target, key, target);
      },
    });
    const taken = rowsOf(batch(false), watched);
    expect(taken.size).toBe(2);
    expect(looked).toEqual([]);
    expect(taken.xs).toBe(taken.xs);
    expect(taken.ys[0].data).toEqual(Int32Array.of(8, 9));
  });
});
