/** Data that does not fit in tensors: anything with a length and batches by index. */
import { makeModel } from './task.mjs';

const model = makeModel();

// #region own-samples
import { fit } from 'unequal';

// A million points that are made when they are asked for.
const history = await fit(
  model,
  {
    length: 1_000_000,
    batch(indices) {
      const [x, y] = [new Float32Array(2 * indices.length), new Float32Array(3 * indices.length)];
      for (let k = 0; k < indices.length; k++) {
        const angle = indices[k] * 0.001;
        x.set([Math.cos(angle), Math.sin(angle)], 2 * k);
        y[3 * k + (Math.floor(angle) % 3)] = 1;
      }
      return {
        xs: { data: x, shape: [indices.length, 2], dtype: 'float32' },
        ys: { data: y, shape: [indices.length, 3], dtype: 'float32' },
      };
    },
  },
  { seconds: 1, batchSize: 64 },
);
// #endregion own-samples
console.log(history.explain());
