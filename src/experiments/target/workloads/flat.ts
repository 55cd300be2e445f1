import { isNdArray, type Samples } from '../../../data/samples.ts';
import { fault } from '../../../errors.ts';

/** The same samples, each input as one row of numbers. */
export function flat(samples: Samples): Samples {
  return {
    length: samples.length,
    batch: async (indices) => {
      const { xs, ys } = await samples.batch(indices);
      if (!isNdArray(xs)) throw fault({ wrong: 'inputs cannot be made flat', expected: 'one array' });
      return { xs: { ...xs, shape: [indices.length, xs.data.length / indices.length] }, ys };
    },
  };
}
