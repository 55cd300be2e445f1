/**
 * Symbols: what the tensors of TensorFlow.js are while a function is traced.
 *
 * A symbol has the shape TensorFlow.js sees and a value of the graph that holds it, with two freedoms that keep passes
 * over memory out of the graph. The value may be stored in another order of dimensions (`perm`: an image tensor
 * [n, h, w, c] is stored [n, c, h, w] between convolutions, `perm` = [0, 3, 1, 2]); and it may be narrower: a dimension
 * of 1 (or no dimensions at all) stands for a tensor that repeats along it.
 */

import { Builder, identityPerm, inversePerm } from './builder.ts';
import { broadcast, type DType, sameShape, sizeOf } from './dtype.ts';
import type { Attributes, Value } from './graph.ts';

export interface Sym {
  readonly value: Value;
  /** The shape in TensorFlow.js. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** `value.shape[i]` belongs to dimension `perm[i]`; null: the order of TensorFlow.js. */
  readonly perm: readonly number[] | null;
}

/** Where an image batch [n, h, w, c] is stored [n, c, h, w]. */
export const NCHW = [0, 3, 1, 2];

/** Builds the graph in terms of symbols. Lowerings are written against this. */
export class Emitter extends Builder {
  sym(value: Value, shape: readonly number[] = value.shape, perm: readonly number[] | null = null): Sym {
    const plain = perm === null || perm.every((p, i) => p === i);
    return { value, shape, dtype: value.dtype, perm: plain || value.shape.length === 0 ? null : perm };
  }

  /** A tensor that is one number everywhere. */
  splat(x: number, shape: readonly number[], dtype: DType): Sym {
    return this.sym(this.scalar(x, dtype), shape);
  }

  /** The value in the order `perm` (null: TensorFlow.js's); it may still be narrower than the shape. */
  ordered(s: Sym, perm: readonly number[] | null): Value {
    if (s.value.shape.length === 0) return s.value;
    const rank = s.shape.length;
    const from = s.perm ?? identityPerm(rank);
    const to = perm ?? identityPerm(rank);
    return this.transpose(
      s.value,
      to.map((p) => from.indexOf(p)),
    );
  }

  /** The value in TensorFlow.js's order with every element present. */
  full(s: Sym): Value {
    return this.expand(this.ordered(s, null), s.shape);
  }

  /** The value in the order `perm` with every element present. */
  fullIn(s: Sym, perm: readonly number[]): Value {
    return this.expand(
      this.ordered(s, perm),
      perm.map((p) => s.shape[p]),
    );
  }

  /** The value as an operand among others of a higher rank stored in the order `perm`. */
  operand(s: Sym, rank: number, perm: readonly number[] | null): Value {
    if (s.value.shape.length === 0) return s.value;
    if (perm === null) return this.ordered(s, null);
    if (s.shape.length === rank) return this.ordered(s, perm);
    const plain = this.ordered(s, null);
    return this.transpose(this.reshape(plain, [...Array(rank - s.shape.length).fill(1), ...plain.shape]), perm);
  }

  /** The order of dimensions that saves transpositions: that of the largest operand stored out of order. */
  commonPerm(symbols: readonly Sym[], rank: number): readonly number[] | null {
    let best: Sym | undefined;
    for (const s of symbols) {
      if (s.shape.length !== rank) continue;
      const more = best === undefined ? 1 : sizeOf(s.value.shape) - sizeOf(best.value.shape);
      if (more > 0 || (more === 0 && best?.perm === null)) best = s;
    }
    return best?.perm ?? null;
  }

  /** Lays operands out alike, lets `emit` combine them, and gives the result its shape. */
  elementwise(symbols: readonly Sym[], emit: (...values: Value[]) => Value): Sym {
    const shape = symbols.map((s) => s.shape).reduce((a, b) => (sameShape(a, b) ? a : broadcast(a, b)));
    const perm = this.commonPerm(symbols, shape.length);
    return this.wide(emit(...symbols.map((s) => this.operand(s, shape.length, perm))), shape, perm);
  }

  /** A symbol whose value may lack leading dimensions of 1. */
  wide(value: Value, shape: readonly number[], perm: readonly number[] | null): Sym {
    const missing = shape.length - value.shape.length;
    if (missing === 0 || value.shape.length === 0) return this.sym(value, shape, perm);
    return this.sym(this.reshape(value, [...Array(missing).fill(1), ...value.shape]), shape, perm);
  }

  map(s: Sym, emit: (value: Value) => Value): Sym {
    return this.sym(emit(s.value), s.shape, s.perm);
  }

  mapUnary(op: string, s: Sym, attributes?: Attributes): Sym {
    return this.map(s, (value) => this.unary(op, value, attributes));
  }

  /** Reduces dimensions of TensorFlow.js; a repeated dimension is summed by a product with its length. */
  reduceSym(
    op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin',
    s: Sym,
    axes: readonly number[],
    keep: boolean,
  ): Sym {
    const rest = s.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const shape = keep ? s.shape.map((d, i) => (axes.includes(i) ? 1 : d)) : rest.map((i) => s.shape[i]);
    const order = s.perm ?? identityPerm(s.shape.length);
    const narrow = s.value.shape.length === 0;
    const repeated = axes.filter((a) => narrow || s.value.shape[order.indexOf(a)] !== s.shape[a]);
    let value = s.value;
    if (!narrow) {
      const physical = axes.map((a) => order.indexOf(a));
      value = this.reduce(op, value, physical, keep);
    }
    if (op === 'ReduceSum' && repeated.length > 0) {
      const times = repeated.reduce((product, a) => product * s.shape[a], 1);
      value = this.binary('Mul', value, this.scalar(times, s.dtype));
    }
    if (keep) return this.sym(value, shape, s.perm);
    const perm = order.filter((p) => rest.includes(p)).map((p) => rest.indexOf(p));
    return this.sym(value, shape, perm);
  }

  /** Another shape for the same elements; dimensions of 1 come and go without a pass over memory. */
  reshapeSym(s: Sym, shape: readonly number[]): Sym {
    if (sameShape(s.shape, shape)) return s;
    if (s.value.shape.length === 0) return this.sym(s.value, shape);
    const from = s.shape.flatMap((d, i) => (d === 1 ? [] : [i]));
    const to = shape.flatMap((d, i) => (d === 1 ? [] : [i]));
    const onlyOnes = from.length === to.length && from.every((i, k) => s.shape[i] === shape[to[k]]);
    if (!onlyOnes) return this.sym(this.reshape(this.full(s), shape));
    // Dimensions longer than 1 stay in their stored order; a new 1 stands before its next longer neighbour.
    const order = s.perm ?? identityPerm(s.shape.length);
    const stored = order.filter((p) => s.shape[p] !== 1);
    const perm: number[] = [];
    const width: number[] = [];
    for (const p of stored) {
      const k = from.indexOf(p);
      for (let one = (k === 0 ? -1 : to[k - 1]) + 1; one < to[k]; one++) push(one, 1);
      push(to[k], s.value.shape[order.indexOf(p)]);
    }
    for (let one = (to.at(-1) ?? -1) + 1; one < shape.length; one++) push(one, 1);
    return this.sym(this.reshape(s.value, width), shape, perm);

    function push(dimension: number, length: number): void {
      perm.push(dimension);
      width.push(length);
    }
  }

  /** Dimensions in another order: only the bookkeeping changes. */
  transposeSym(s: Sym, order: readonly number[]): Sym {
    const shape = order.map((p) => s.shape[p]);
    if (s.value.shape.length === 0) return this.sym(s.value, shape);
    const stored = s.perm ?? identityPerm(s.shape.length);
    const back = inversePerm(order);
    return this.sym(
      s.value,
      shape,
      stored.map((p) => back[p]),
    );
  }

  castSym(s: Sym, dtype: DType): Sym {
    return this.map(s, (value) => this.cast(value, dtype));
  }
}

/** TensorFlow.js has no tensors of float64: it sees them rounded. */
export const rounded = (e: Emitter, s: Sym): Sym => (s.dtype === 'float64' ? e.castSym(s, 'float32') : s);
