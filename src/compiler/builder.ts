/** ONNX operations with their shapes inferred, and nothing emitted where nothing happens. Shapes here are physical. */
import { fault } from '../errors.ts';
import { broadcast, type Data, type DType, onnxType, sameShape, sizeOf } from './dtype.ts';
import { type Attributes, Graph, type Value } from './graph.ts';

export const identityPerm = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);
export const inversePerm = (perm: readonly number[]): number[] => perm.map((_, i) => perm.indexOf(i));

/** The number a one-element constant holds; undefined for anything else. */
export const numberOf = (value: Value): number | undefined =>
  value.data?.length === 1 && value.dtype !== 'int64' ? Number(value.data[0]) : undefined;

const folds: Record<string, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Max: Math.max,
  Min: Math.min,
  Pow: (a, b) => a ** b,
  Neg: (a) => -a,
  Sqrt: Math.sqrt,
  Exp: Math.exp,
  Log: Math.log,
  Abs: Math.abs,
  Floor: Math.floor,
  Reciprocal: (a) => 1 / a,
};

/** Which operand leaves the other unchanged: `x + 0`, `x · 1`. */
const neutral: Record<string, { left?: number; right?: number }> = {
  Add: { left: 0, right: 0 },
  Sub: { right: 0 },
  Mul: { left: 1, right: 1 },
  Div: { right: 1 },
  Pow: { right: 1 },
};

/**
 * Writes an ONNX graph, an operation at a time; knows the shape and type of each value.
 *
 * @example
 * ```ts
 * const relu = (b: Builder, value: Value) => b.unary('Relu', value);
 * ```
 */
export class Builder extends Graph {
  unary(op: string, x: Value, attributes: Attributes = {}, dtype: DType = x.dtype): Value {
    const a = numberOf(x);
    if (a !== undefined && Object.hasOwn(folds, op) && x.dtype === 'float32' && dtype === 'float32') {
      return this.constant(Float32Array.of(folds[op](a, 0)), x.shape, 'float32');
    }
    return this.node(op, [x], dtype, x.shape, attributes);
  }

  /** An elementwise operation of two operands that broadcast. */
  binary(op: string, a: Value, b: Value, dtype: DType = a.dtype): Value {
    const x = numberOf(a);
    const y = numberOf(b);
    const shape = broadcast(a.shape, b.shape);
    if (x !== undefined && y !== undefined && Object.hasOwn(folds, op) && dtype !== 'bool') {
      const folded = folds[op](x, y);
      if (dtype === 'float32') return this.constant(Float32Array.of(folded), shape, 'float32');
    }
    if (x !== undefined && neutral[op]?.left === x && sameShape(shape, b.shape)) return b;
    if (y !== undefined && neutral[op]?.right === y && sameShape(shape, a.shape)) return a;
    if (op === 'Pow' && y === 2) return this.binary('Mul', a, a);
    return this.node(op, [a, b], dtype, shape);
  }

  where(condition: Value, a: Value, b: Value): Value {
    return this.node('Where', [condition, a, b], a.dtype, broadcast(condition.shape, broadcast(a.shape, b.shape)));
  }

  cast(x: Value, dtype: DType): Value {
    if (x.dtype === dtype) return x;
    const c = numberOf(x);
    if (c !== undefined && dtype !== 'int64') {
      const value = dtype === 'bool' ? Number(c !== 0) : dtype === 'int32' ? Math.trunc(c) : c;
      return this.filled(value, x.shape, dtype);
    }
    return this.node('Cast', [x], dtype, x.shape, { to: onnxType[dtype] });
  }

  reshape(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    if (x.data) return this.constant(x.data, shape, x.dtype);
    if (x.node?.op === 'Reshape') return this.reshape(x.node.inputs[0]!, shape);
    return this.node('Reshape', [x, this.list(shape)], x.dtype, shape, { allowzero: 1 });
  }

  transpose(x: Value, perm: readonly number[]): Value {
    const shape = perm.map((p) => x.shape[p]);
    const moved = perm.filter((p) => x.shape[p] !== 1);
    if (moved.every((p, i) => i === 0 || p > moved[i - 1])) return this.reshape(x, shape);
    if (x.node?.op === 'Transpose') {
      const first = x.node.attributes.perm as readonly number[];
      return this.transpose(
        x.node.inputs[0]!,
        perm.map((p) => first[p]),
      );
    }
    return this.node('Transpose', [x], x.dtype, shape, { perm });
  }

  expand(x: Value, shape: readonly number[]): Value {
    if (sameShape(x.shape, shape)) return x;
    const c = numberOf(x);
    if (c !== undefined && sizeOf(shape) <= 1024) return this.filled(c, shape, x.dtype);
    return this.node('Expand', [x, this.list(shape)], x.dtype, shape);
  }

  /** ReduceSum, ReduceMean, ReduceMax, … over the given axes; no axes, no node. */
  reduce(op: string, x: Value, axes: readonly number[], keep: boolean): Value {
    const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
    const shape = keep ? kept : x.shape.filter((_, i) => !axes.includes(i));
    const idle = axes.every((a) => x.shape[a] === 1) && op !== 'ReduceSumSquare' && op !== 'ReduceL2';
    if (idle) return this.reshape(x, shape);
    const sorted = [...axes].sort((p, q) => p - q);
    return this.node(op, [x, this.list(sorted)], x.dtype, shape, { keepdims: keep ? 1 : 0 });
  }

  /** A batched matrix product, the last two dimensions taken transposed where asked. */
  matmul(a: Value, b: Value, transA = false, transB = false): Value {
    const [m, k] = ends(a.shape, transA);
    const [l, n] = ends(b.shape, transB);
    if (k !== l) throw fault({ wrong: 'matrix shapes do not fit', got: `[${a.shape}] × [${b.shape}]` });
    const lead = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
    if (!transA && !transB) return this.node('MatMul', [a, b], a.dtype, [...lead, m, n]);
    if (a.shape.length === 2 && b.shape.length === 2) {
      return this.node('Gemm', [a, b], a.dtype, [m, n], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 });
    }
    const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0 };
    return this.node('FusedMatMul', [a, b], a.dtype, [...lead, m, n], attributes, 'com.microsoft');
  }

  concat(values: readonly Value[], axis: number): Value {
    if (values.length === 1) return values[0];
    const shape = values[0].shape.map((d, i) => (i === axis ? values.reduce((sum, v) => sum + v.shape[axis], 0) : d));
    return this.node('Concat', values, values[0].dtype, shape, { axis });
  }

  split(x: Value, sizes: readonly number[], axis: number): readonly Value[] {
    if (sizes.length === 1) return [x];
    const ports = sizes.map((size) => ({ dtype: x.dtype, shape: x.shape.map((d, i) => (i === axis ? size : d)) }));
    return this.nodes('Split', [x, this.list(sizes)], ports, { axis });
  }

  /** `x[begin : end : step]` on every dimension; a negative step runs backwards and `end` is then exclusive below. */
  slice(
    x: Value,
    begin: readonly number[],
    end: readonly number[],
    step: readonly number[] = begin.map(() => 1),
  ): Value {
    const count = (i: number): number => Math.max(0, Math.ceil((end[i] - begin[i]) / step[i]));
    const shape = begin.map((_, i) => count(i));
    const axes = begin.map((_, i) => i).filter((i) => !(begin[i] === 0 && step[i] === 1 && end[i] === x.shape[i]));
    if (axes.length === 0) return x;
    const pick = (list: readonly number[]): Value => this.list(axes.map((i) => list[i]));
    const ends = end.map((e, i) => (step[i] < 0 && e < 0 ? -(2 ** 31) : e));
    return this.node('Slice', [x, pick(begin), pick(ends), this.list(axes), pick(step)], x.dtype, shape);
  }

  pad(x: Value, before: readonly number[], after: readonly number[], fill = 0, mode = 'constant'): Value {
    if ([...before, ...after].every((p) => p === 0)) return x;
    const shape = x.shape.map((d, i) => before[i] + d + after[i]);
    const inputs = [x, this.list([...before, ...after])];
    if (mode === 'constant') inputs.push(this.scalar(fill, x.dtype));
    return this.node('Pad', inputs, x.dtype, shape, { mode });
  }

  gather(x: Value, indices: Value, axis: number): Value {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
    return this.node('Gather', [x, indices], x.dtype, shape, { axis });
  }

  table(data: Data, shape: readonly number[], dtype: DType): Value {
    return this.constant(data, shape, dtype);
  }
}

function ends(shape: readonly number[], transposed: boolean): [number, number] {
  const [p, q] = shape.slice(-2);
  return transposed ? [q, p] : [p, q];
}
