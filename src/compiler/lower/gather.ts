/** Reading and adding by index: gathers, segment sums (the gradient of an embedding), scatters, the largest k. */
import { fault } from '../../errors.ts';
import { type DType, sizeOf, toData } from '../dtype.ts';
import type { Value } from '../graph.ts';
import type { Emitter, Sym } from '../symbol.ts';
import { axesOf, kernel, type Lowerings } from './lowering.ts';

/** Indices that a gather has looked up before, and in how many rows: none of them is out of range. */
const looked = new WeakMap<Value, number>();

/** What the value was before it got another shape or type. */
function rootOf(value: Value): Value {
  const { node } = value;
  return node && (node.op === 'Reshape' || node.op === 'Cast') ? rootOf(node.inputs[0]!) : value;
}

/**
 * Indices from 0 on as they are, those below 0 too far below: ONNX counts from the end, where TensorFlow.js refuses.
 * @param sizes of what the last dimension of the indices stands for, or of the one axis.
 */
function counted(e: Emitter, index: Value, sizes: Value): Value {
  if (index.data?.every((i) => i >= 0)) return index;
  const below = e.binary('Less', index, e.scalar(0, index.dtype), 'bool');
  return e.where(below, e.binary('Sub', index, sizes), index);
}

const sizesOf = (e: Emitter, sizes: readonly number[], dtype: DType): Value =>
  e.table(toData(dtype, sizes), [sizes.length], dtype);

/** Adds the rows of `x` up by index: `out[k] = Σ x[i]` over the i with `ids[i] = k`; an id out of range is left out. */
function segmentSum(e: Emitter, x: Sym, ids: Sym, count: number): Sym {
  const inner = x.shape.slice(ids.shape.length);
  const rows = sizeOf(ids.shape);
  const full = e.full(ids);
  let index = e.reshape(e.cast(full, 'int64'), [rows, 1]);
  let updates = e.reshape(e.full(x), [rows, ...inner]);
  const known = looked.get(rootOf(full));
  if (known === undefined || known > count) {
    const number = e.reshape(e.cast(full, 'int32'), [rows, 1]);
    const low = e.binary('Less', number, e.scalar(0, 'int32'), 'bool');
    const high = e.binary('Less', e.scalar(count - 1, 'int32'), number, 'bool');
    const out = e.binary('Or', low, high, 'bool');
    index = e.where(out, e.scalar(0, 'int64'), index);
    const none = e.reshape(out, [rows, ...inner.map(() => 1)]);
    updates = e.where(none, e.scalar(0, x.dtype), updates);
  }
  const zeros = e.expand(e.scalar(0, x.dtype), [count, ...inner]);
  const sum = e.node('ScatterND', [zeros, index, updates], x.dtype, [count, ...inner], { reduction: 'add' });
  return e.sym(sum);
}

export const gathers: Lowerings = {
  GatherV2: kernel<{ axis: number; batchDims: number }>(({ x, indices }, { axis, batchDims }, e) => {
    const [a] = axesOf(axis, x.shape.length);
    const given = e.full(indices);
    looked.set(rootOf(given), Math.min(x.shape[a], looked.get(rootOf(given)) ?? Infinity));
    const rows = counted(e, given, e.scalar(x.shape[a], given.dtype));
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
    const index = e.full(indices);
    const rows = counted(e, index, sizesOf(e, params.shape.slice(0, depth), index.dtype));
    return e.sym(e.node('GatherND', [e.full(params), e.cast(rows, 'int64')], params.dtype, shape));
  },
  UnsortedSegmentSum: kernel<{ numSegments: number }>(({ x, segmentIds }, { numSegments }, e) =>
    segmentSum(e, x, segmentIds, numSegments),
  ),
  ScatterNd: kernel<{ shape: number[] }>(({ indices, updates }, { shape }, e) => {
    const zeros = e.expand(e.scalar(0, updates.dtype), shape);
    const index = e.full(indices);
    const rows = counted(e, index, sizesOf(e, shape.slice(0, indices.shape.at(-1)), index.dtype));
    const inputs = [zeros, e.cast(rows, 'int64'), e.full(updates)];
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
