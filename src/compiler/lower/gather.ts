/** Reading and adding by index: gathers, segment sums (the gradient of an embedding), scatters, the largest k. */
import { fault } from '../../errors.ts';
import { sizeOf } from '../dtype.ts';
import type { Emitter, Sym } from '../symbol.ts';
import { axesOf, kernel, type Lowerings } from './lowering.ts';

/** Adds the rows of `x` up by index: `out[k] = Σ x[i]` over the i with `ids[i] = k`. */
function segmentSum(e: Emitter, x: Sym, ids: Sym, count: number): Sym {
  const inner = x.shape.slice(ids.shape.length);
  const rows = sizeOf(ids.shape);
  const index = e.reshape(e.cast(e.full(ids), 'int64'), [rows, 1]);
  const updates = e.reshape(e.full(x), [rows, ...inner]);
  const zeros = e.expand(e.scalar(0, x.dtype), [count, ...inner]);
  const sum = e.node('ScatterND', [zeros, index, updates], x.dtype, [count, ...inner], { reduction: 'add' });
  return e.sym(sum);
}

export const gathers: Lowerings = {
  GatherV2: kernel<{ axis: number; batchDims: number }>(({ x, indices }, { axis, batchDims }, e) => {
    const [a] = axesOf(axis, x.shape.length);
    const rows = e.full(indices);
    if (batchDims > 0) {
      if (batchDims !== a)
        throw fault({
          wrong: 'gather with batchDims other than its axis cannot be compiled',
          got: `axis ${a}, batchDims ${batchDims}`,
        });
      const shape = [...x.shape.slice(0, a), ...indices.shape.slice(a), ...x.shape.slice(a + 1)];
      const index = e.reshape(e.cast(rows, 'int64'), [...indices.shape, 1]);
      return e.sym(e.node('GatherND', [e.full(x), index], x.dtype, shape, { batch_dims: batchDims }));
    }
    return e.sym(e.gather(e.full(x), rows, a));
  }),
  GatherNd: ({ params, indices }, _, e) => {
    const depth = indices.shape.at(-1)!;
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    return e.sym(e.node('GatherND', [e.full(params), e.cast(e.full(indices), 'int64')], params.dtype, shape));
  },
  UnsortedSegmentSum: kernel<{ numSegments: number }>(({ x, segmentIds }, { numSegments }, e) =>
    segmentSum(e, x, segmentIds, numSegments),
  ),
  ScatterNd: kernel<{ shape: number[] }>(({ indices, updates }, { shape }, e) => {
    const zeros = e.expand(e.scalar(0, updates.dtype), shape);
    const inputs = [zeros, e.cast(e.full(indices), 'int64'), e.full(updates)];
    return e.sym(e.node('ScatterND', inputs, updates.dtype, shape, { reduction: 'add' }));
  }),
  TopK: kernel<{ k: number; sorted: boolean }>(({ x }, { k, sorted }, e) => {
    const shape = [...x.shape.slice(0, -1), k];
    const ports = [
      { dtype: x.dtype, shape },
      { dtype: 'int64' as const, shape },
    ];
    const [values, index] = e.nodes('TopK', [e.full(x), e.list([k])], ports, { axis: -1, sorted: sorted ? 1 : 0 });
    return [e.sym(values), e.sym(e.cast(index, 'int32'))];
  }),
};
