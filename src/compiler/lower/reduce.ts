/** Reductions over dimensions, and running sums. */
import { identityPerm } from '../builder.ts';
import type { DType } from '../dtype.ts';
import type { Emitter, Sym } from '../symbol.ts';
import { axesOf, kernel, type Lowering, type Lowerings } from './lowering.ts';
import { scaleGradient } from './scale-gradient.ts';

interface Reduction {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** ONNX takes no extremes or sums of booleans. */
const ordered = (x: Sym, e: Emitter): Sym => (x.dtype === 'bool' ? e.castSym(x, 'int32') : x);

const reduction = (op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin', dtype?: DType): Lowering =>
  kernel<Reduction>(({ x }, { axis, reductionIndices, keepDims }, e) => {
    const axes = axesOf(reductionIndices ?? axis, x.shape.length);
    const from = dtype ? e.castSym(x, dtype) : ordered(x, e);
    return e.reduceSym(op, from, axes, keepDims ?? false);
  });

const plainSum = reduction('ReduceSum');

const sum = kernel<Reduction>((inputs, attributes, e) => {
  const { axis, keepDims } = attributes;
  const gradient = keepDims ? undefined : scaleGradient(e, inputs.x, axesOf(axis, inputs.x.shape.length));
  return gradient ?? plainSum(inputs, { ...attributes }, e);
});

/** All and any: the extremes of 0 and 1. */
const logical = (op: 'ReduceMax' | 'ReduceMin'): Lowering =>
  kernel<Reduction>(({ x }, { axis, keepDims }, e) => {
    const reduced = e.reduceSym(op, e.castSym(x, 'int32'), axesOf(axis, x.shape.length), keepDims ?? false);
    return e.castSym(reduced, 'bool');
  });

const extremum = (op: string): Lowering =>
  kernel<{ axis: number | number[] }>(({ x }, { axis }, e) => {
    const [a] = axesOf(axis ?? 0, x.shape.length);
    const shape = x.shape.filter((_, i) => i !== a);
    const index = e.node(op, [e.full(ordered(x, e))], 'int64', shape, { axis: a, keepdims: 0 });
    return e.sym(e.cast(index, 'int32'));
  });

interface Running {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

function cumulate(e: Emitter, x: Sym, { axis, exclusive, reverse }: Running): Sym {
  const perm = x.perm ?? identityPerm(x.shape.length);
  const value = e.fullIn(x, perm);
  const at = e.scalar(perm.indexOf(axis < 0 ? axis + x.shape.length : axis), 'int32');
  const flags = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
  return e.sym(e.node('CumSum', [value, at], value.dtype, value.shape, flags), x.shape, perm);
}

export const reductions: Lowerings = {
  Sum: sum,
  Mean: reduction('ReduceMean', 'float32'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: kernel<Reduction>(({ x }, { axis, keepDims }, e) => {
    const axes = axesOf(axis, x.shape.length);
    return e.sym(e.reduce('ReduceProd', e.full(x), axes, keepDims ?? false));
  }),
  All: logical('ReduceMin'),
  Any: logical('ReduceMax'),
  ArgMax: extremum('ArgMax'),
  ArgMin: extremum('ArgMin'),
  Cumsum: kernel<Running>(({ x }, attributes, e) => cumulate(e, x, attributes)),
};
