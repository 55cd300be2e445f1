/** Kernels that move elements: reshape, transpose, slice, join, pad, repeat. */
import * as tf from '@tensorflow/tfjs';
import { identityPerm } from '../builder.ts';
import { toData } from '../dtype.ts';
import type { Value } from '../graph.ts';
import type { Emitter, Sym } from '../symbol.ts';
import { axesOf, kernel, type Lowerings, listed } from './lowering.ts';

/** `x[begin : end : step]`, dimensions in TensorFlow.js's order; a repeated dimension stays repeated. */
function slice(e: Emitter, x: Sym, begin: readonly number[], end: readonly number[], step?: readonly number[]): Sym {
  const stride = step ?? begin.map(() => 1);
  const shape = begin.map((b, i) => Math.max(0, Math.ceil((end[i] - b) / stride[i])));
  if (x.value.shape.length === 0) return e.sym(x.value, shape);
  const perm = x.perm ?? identityPerm(shape.length);
  const narrow = (p: number): boolean => x.value.shape[perm.indexOf(p)] !== x.shape[p];
  const at = <T>(list: readonly T[], whole: T): T[] => perm.map((p) => (narrow(p) ? whole : list[p]));
  return e.sym(e.slice(x.value, at(begin, 0), at(end, 1), at(stride, 1)), shape, perm);
}

function pad(e: Emitter, x: Sym, paddings: readonly (readonly number[])[], fill: number, mode: string): Sym {
  const perm = x.perm ?? identityPerm(x.shape.length);
  const before = perm.map((p) => paddings[p][0]);
  const after = perm.map((p) => paddings[p][1]);
  const shape = x.shape.map((d, i) => paddings[i][0] + d + paddings[i][1]);
  return e.sym(e.pad(e.fullIn(x, perm), before, after, fill, mode), shape, perm);
}

function concat(e: Emitter, parts: readonly Sym[], axis: number): Sym {
  const present = parts.filter((s) => s.shape.every((d) => d > 0));
  if (present.length === 1) return present[0];
  const rank = parts[0].shape.length;
  const perm = e.commonPerm(present, rank) ?? identityPerm(rank);
  const shape = parts[0].shape.map((d, i) => (i === axis ? parts.reduce((sum, s) => sum + s.shape[axis], 0) : d));
  const joined = e.concat(
    present.map((s) => e.fullIn(s, perm)),
    perm.indexOf(axis),
  );
  return e.sym(joined, shape, perm);
}

function split(e: Emitter, x: Sym, sizes: readonly number[], axis: number): Sym[] {
  const perm = x.perm ?? identityPerm(x.shape.length);
  const shapes = sizes.map((size) => x.shape.map((d, i) => (i === axis ? size : d)));
  if (x.value.shape.length === 0) return shapes.map((shape) => e.sym(x.value, shape));
  const parts = e.split(e.fullIn(x, perm), sizes, perm.indexOf(axis));
  return parts.map((part, i) => e.sym(part, shapes[i], perm));
}

/** Repeats a tensor; what is repeated from one element stays one element. */
function tile(e: Emitter, x: Sym, reps: readonly number[]): Sym {
  const shape = x.shape.map((d, i) => d * reps[i]);
  if (x.value.shape.length === 0) return e.sym(x.value, shape);
  const perm = x.perm ?? identityPerm(shape.length);
  const times = perm.map((p, i) => (x.value.shape[i] === 1 ? 1 : reps[p]));
  if (times.every((n) => n === 1)) return e.sym(x.value, shape, perm);
  const width = x.value.shape.map((d, i) => d * times[i]);
  return e.sym(e.node('Tile', [x.value, e.list(times)], x.dtype, width), shape, perm);
}

function reverse(e: Emitter, x: Sym, dims: readonly number[]): Sym {
  const flip = (i: number): boolean => dims.includes(i);
  return slice(
    e,
    e.sym(e.full(x)),
    x.shape.map((d, i) => (flip(i) ? d - 1 : 0)),
    x.shape.map((d, i) => (flip(i) ? -1 : d)),
    x.shape.map((_, i) => (flip(i) ? -1 : 1)),
  );
}

/** Index tables of a mirrored border: which element of `length` each of the padded positions shows. */
function mirror(e: Emitter, length: number, before: number, after: number, offset: number): Value {
  const index = (i: number): number => (i < 0 ? -i - 1 + offset : i >= length ? 2 * length - 1 - i - offset : i);
  const table = Array.from({ length: before + length + after }, (_, i) => index(i - before));
  return e.table(toData('int32', table), [table.length], 'int32');
}

export const shapes: Lowerings = {
  Identity: ({ x }) => x,
  Reshape: kernel<{ shape: number[] }>(({ x }, { shape }, e) => {
    const size = x.shape.reduce((p, d) => p * d, 1);
    return e.reshapeSym(x, tf.util.inferFromImplicitShape(shape, size));
  }),
  ExpandDims: kernel<{ dim: number }>(({ input }, { dim }, e) => {
    const at = dim < 0 ? dim + input.shape.length + 1 : dim;
    return e.reshapeSym(input, [...input.shape.slice(0, at), 1, ...input.shape.slice(at)]);
  }),
  Transpose: kernel<{ perm: number[] }>(({ x }, { perm }, e) => e.transposeSym(x, perm)),
  Tile: kernel<{ reps: number[] }>(({ x }, { reps }, e) => tile(e, x, reps)),
  BroadcastTo: kernel<{ shape: number[] }>(({ x }, { shape }, e) => {
    const wide = e.reshapeSym(x, [...Array(shape.length - x.shape.length).fill(1), ...x.shape]);
    return e.sym(wide.value, shape, wide.perm);
  }),
  Slice: kernel<{ begin: number[]; size: number[] }>(({ x }, { begin, size }, e) => {
    const [from, count] = tf.slice_util.parseSliceParams(
      { shape: [...x.shape], rank: x.shape.length } as tf.Tensor,
      begin,
      size,
    );
    return slice(
      e,
      x,
      from,
      from.map((b, i) => b + count[i]),
    );
  }),
  StridedSlice: kernel<tf.StridedSliceAttrs>(({ x }, a, e) => {
    const { begin, end, strides, finalShape } = tf.slice_util.sliceInfo(
      [...x.shape],
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    );
    return e.reshapeSym(slice(e, x, begin, end, strides), finalShape);
  }),
  Concat: kernel<{ axis: number }>((inputs, { axis }, e) => {
    const parts = listed(inputs);
    return concat(e, parts, axesOf(axis, parts[0].shape.length)[0]);
  }),
  Pack: kernel<{ axis: number }>((inputs, { axis }, e) => {
    const parts = listed(inputs).map((s) => {
      const at = axis < 0 ? axis + s.shape.length + 1 : axis;
      return e.reshapeSym(s, [...s.shape.slice(0, at), 1, ...s.shape.slice(at)]);
    });
    return concat(e, parts, axis < 0 ? axis + parts[0].shape.length : axis);
  }),
  Unpack: kernel<{ axis: number }>(({ value }, { axis }, e) => {
    const [a] = axesOf(axis, value.shape.length);
    const parts = split(e, value, Array(value.shape[a]).fill(1), a);
    const shape = value.shape.filter((_, i) => i !== a);
    return parts.map((part) => e.reshapeSym(part, shape));
  }),
  SplitV: kernel<{ numOrSizeSplits: number | number[]; axis: number }>(({ x }, { numOrSizeSplits, axis }, e) => {
    const [a] = axesOf(axis, x.shape.length);
    const sizes = tf.backend_util.prepareSplitSize({ shape: [...x.shape] } as tf.Tensor, numOrSizeSplits, a);
    return split(e, x, sizes, a);
  }),
  PadV2: kernel<{ paddings: number[][]; constantValue: number }>(({ x }, { paddings, constantValue }, e) =>
    pad(e, x, paddings, constantValue, 'constant'),
  ),
  MirrorPad: kernel<{ paddings: number[][]; mode: string }>(({ x }, { paddings, mode }, e) => {
    const offset = mode === 'reflect' ? 1 : 0;
    const padded = paddings.reduce((value, [before, after], axis) => {
      if (before === 0 && after === 0) return value;
      return e.gather(value, mirror(e, x.shape[axis], before, after, offset), axis);
    }, e.full(x));
    return e.sym(padded);
  }),
  Reverse: kernel<{ dims: number | number[] }>(({ x }, { dims }, e) =>
    x.shape.length === 0 ? x : reverse(e, x, axesOf(dims, x.shape.length)),
  ),
};
