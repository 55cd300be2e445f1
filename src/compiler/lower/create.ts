/** Tensors made from nothing: fills, ranges, one-hot rows. A fill stays one number that broadcasts. */
import { dtypeOf, toData } from '../dtype.ts';
import { kernel, type Lowerings } from './lowering.ts';

export const creation: Lowerings = {
  Fill: kernel<{ shape: number[]; value: number; dtype: string }>((_, { shape, value, dtype }, e) =>
    e.splat(value, shape, dtypeOf(dtype ?? 'float32', 'a fill')),
  ),
  ZerosLike: ({ x }, _, e) => e.splat(0, x.shape, x.dtype),
  OnesLike: ({ x }, _, e) => e.splat(1, x.shape, x.dtype),
  Range: kernel<{ start: number; stop: number; step: number; dtype: string }>((_, { start, stop, step, dtype }, e) => {
    const type = dtypeOf(dtype ?? 'float32', 'a range');
    const length = Math.max(0, Math.ceil((stop - start) / step));
    const values = Array.from({ length }, (_, i) => start + i * step);
    return e.sym(e.table(toData(type, values), [length], type));
  }),
  LinSpace: kernel<{ start: number; stop: number; num: number }>((_, { start, stop, num }, e) => {
    const values = Array.from({ length: num }, (_, i) => start + (i * (stop - start)) / Math.max(1, num - 1));
    return e.sym(e.table(toData('float32', values), [num], 'float32'));
  }),
  OneHot: kernel<{ depth: number; onValue: number; offValue: number; dtype: string }>(
    ({ indices }, { depth, onValue, offValue, dtype }, e) => {
      // Rows of indices out of range are all off, so this is a comparison and not ONNX's OneHot (which counts back).
      const type = dtypeOf(dtype ?? 'float32', 'one-hot rows');
      const classes = e.table(
        toData(
          'int32',
          Array.from({ length: depth }, (_, i) => i),
        ),
        [depth],
        'int32',
      );
      const column = e.reshape(e.cast(e.full(indices), 'int32'), [...indices.shape, 1]);
      const hit = e.binary('Equal', column, classes, 'bool');
      if (onValue === 1 && offValue === 0) return e.sym(e.cast(hit, type));
      return e.sym(e.where(hit, e.scalar(onValue, type), e.scalar(offValue, type)));
    },
  ),
};
