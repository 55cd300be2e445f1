/**
 * The resamplers of `sampling` as nodes of a graph: the same operations in the same order and in float64, so that the same
 * scores and the same uniform numbers give the same rows and weights to the last bit. What they mean is said there.
 */
import type { Builder, Value } from '../compiler/index.ts';
import type { ResamplerName } from '../sampling/resamplers.ts';

export interface DrawValues {
  /** (b,) int32 */
  readonly rows: Value;
  /** (b,) float64 */
  readonly weights: Value;
}

type Draw = (ops: Ops, p: Value, b: number, numbers: Value) => DrawValues;

/** Draws b rows of the scores (B,) with the uniform numbers that the resampler takes; b < B. */
export function drawRows(
  b: Builder,
  scores: Value,
  numbers: Value,
  {
    size,
    resample,
    mixture,
    weightPower,
  }: { size: number; resample: ResamplerName; mixture: number; weightPower: number },
): DrawValues {
  const ops = new Ops(b);
  const { rows, weights } = draws[resample](ops, distribution(ops, scores, mixture), size, numbers);
  return {
    rows: b.cast(rows, 'int32'),
    weights: weightPower === 1 ? weights : b.binary('Pow', weights, ops.number(weightPower)),
  };
}

function distribution(ops: Ops, scores: Value, mixture: number): Value {
  const B = scores.shape[0];
  const given = ops.b.cast(scores, 'float64');
  // The caller refuses NaN, infinite and negative scores; until then they must do no harm.
  const finite = ops.b.where(ops.compare('Less', given, Infinity), given, ops.number(0));
  const s = ops.b.binary('Max', finite, ops.number(0));
  const largest = ops.b.reduce('ReduceMax', s, [0], true);
  const relative = ops.div(s, largest);
  const share = ops.mul(ops.number(1 - mixture), ops.div(relative, ops.last(ops.cumulative(relative))));
  const p = ops.add(share, ops.number(mixture / B));
  return ops.b.where(ops.compare('Greater', largest, 0), p, ops.number(1 / B));
}

const multinomial: Draw = (ops, p, _, numbers) => {
  const cumulative = ops.cumulative(p);
  const total = ops.last(cumulative);
  const points = ops.mul(numbers, total);
  return weighted(ops, p, total, ops.integer(ops.least(ops.upTo(cumulative, points), ops.lastAdding(cumulative))));
};

const systematic: Draw = (ops, p, b, numbers) => {
  const B = p.shape[0];
  const [, order] = ops.sorted(ops.part(numbers, 0, B), 'ascending');
  const cumulative = ops.cumulative(ops.take(p, order));
  const total = ops.last(cumulative);
  const steps = ops.add(ops.part(numbers, B, B + 1), ops.count(b));
  const points = ops.mul(ops.div(steps, ops.number(b)), total);
  const at = ops.least(ops.upTo(cumulative, points), ops.lastAdding(cumulative));
  return weighted(ops, p, total, ops.take(order, ops.integer(at)));
};

function weighted(ops: Ops, p: Value, total: Value, rows: Value): DrawValues {
  return { rows, weights: ops.div(total, ops.mul(ops.number(p.shape[0]), ops.take(p, rows))) };
}

const withoutReplacement: Draw = (ops, p, b, numbers) => {
  const B = p.shape[0];
  const [sorted, likeliest] = ops.sorted(p, 'descending');
  const rest = ops.cumulative(sorted, true);
  // None from the b-th row on, whatever its quotient: so the first that is not certain is always there.
  const left = ops.constant(Array.from({ length: B }, (_, k) => Math.max(0, b - k)));
  const surely = ops.compare('GreaterOrEqual', ops.mul(left, ops.div(sorted, rest)), 1);
  const certain = ops.firstFalse(surely);
  const c = ops.b.cast(certain, 'float64');
  const missing = ops.sub(ops.number(b), c);
  const restOfAll = ops.take(rest, certain);
  const share = ops.b.where(
    ops.compare('Greater', restOfAll, 0),
    ops.mul(missing, ops.div(sorted, restOfAll)),
    ops.div(missing, ops.sub(ops.number(B), c)),
  );
  const isCertain = ops.b.binary('Less', ops.count(B), c, 'bool');
  const shares = ops.b.where(isCertain, ops.number(0), share);

  const shared = ops.compare('Greater', shares, 0);
  const [, order] = ops.sorted(ops.b.where(shared, ops.part(numbers, 0, B), ops.number(2)), 'ascending');
  const cumulative = ops.cumulative(ops.take(shares, order));
  // Places before 0 are those of the certain rows.
  const k = ops.sub(ops.count(b), c);
  const drawn = ops.compare('GreaterOrEqual', k, 0);
  const points = ops.mul(ops.div(ops.add(ops.part(numbers, B, B + 1), k), missing), ops.last(cumulative));
  const first = ops.b.where(drawn, ops.sub(ops.upTo(cumulative, points), k), ops.number(0));
  const ahead = ops.least(ops.largestSoFar(first), ops.sub(ops.size(shared), missing));
  // Below 0, which counts from the end, for the certain rows alone.
  const at = ops.integer(ops.add(k, ahead));
  const rank = ops.b.where(drawn, ops.take(order, at), ops.integer(ops.count(b)));
  const weights = ops.div(ops.number(b), ops.mul(ops.number(B), ops.take(shares, rank)));
  return { rows: ops.take(likeliest, rank), weights: ops.b.where(drawn, weights, ops.number(b / B)) };
};

const draws: Readonly<Record<ResamplerName, Draw>> = {
  multinomial,
  systematic,
  'without-replacement': withoutReplacement,
};

/** Arithmetic on vectors of float64. Sums run from one element to the next, as on the host. */
class Ops {
  constructor(readonly b: Builder) {}

  number(x: number): Value {
    return this.b.scalar(x, 'float64');
  }

  constant(values: readonly number[]): Value {
    return this.b.constant(Float64Array.from(values), [values.length], 'float64');
  }

  /** 0, 1, …, n − 1. */
  count(n: number): Value {
    return this.constant(Array.from({ length: n }, (_, i) => i));
  }

  add(x: Value, y: Value): Value {
    return this.b.binary('Add', x, y);
  }

  sub(x: Value, y: Value): Value {
    return this.b.binary('Sub', x, y);
  }

  mul(x: Value, y: Value): Value {
    return this.b.binary('Mul', x, y);
  }

  div(x: Value, y: Value): Value {
    return this.b.binary('Div', x, y);
  }

  least(x: Value, y: Value): Value {
    return this.b.binary('Min', x, y);
  }

  compare(op: string, x: Value, y: number): Value {
    return this.b.binary(op, x, this.number(y), 'bool');
  }

  integer(x: Value): Value {
    return this.b.cast(x, 'int64');
  }

  take(x: Value, index: Value): Value {
    return this.b.gather(x, index, 0);
  }

  part(x: Value, begin: number, end: number): Value {
    return this.b.slice(x, [begin], [end]);
  }

  last(x: Value): Value {
    return this.part(x, x.shape[0] - 1, x.shape[0]);
  }

  cumulative(x: Value, reverse = false): Value {
    return this.b.node('CumSum', [x, this.b.scalar(0, 'int32')], x.dtype, x.shape, { reverse: reverse ? 1 : 0 });
  }

  /** The keys in order and where they were; equal ones from first to last. */
  sorted(keys: Value, order: 'ascending' | 'descending'): readonly Value[] {
    const { shape } = keys;
    const ports = [
      { dtype: keys.dtype, shape },
      { dtype: 'int64' as const, shape },
    ];
    return this.b.nodes('TopK', [keys, this.b.list(shape)], ports, {
      axis: 0,
      largest: order === 'descending' ? 1 : 0,
      sorted: 1,
    });
  }

  /** How many are true, [1]. */
  size(x: Value): Value {
    return this.b.reduce('ReduceSum', this.b.cast(x, 'float64'), [0], true);
  }

  /** How many of the cumulative sums are ≤ each point. */
  upTo(cumulative: Value, points: Value): Value {
    const column = this.b.reshape(points, [points.shape[0], 1]);
    // Counted in float32, which holds such numbers and takes half the time.
    const below = this.b.cast(this.b.binary('LessOrEqual', cumulative, column, 'bool'), 'float32');
    return this.b.cast(this.b.reduce('ReduceSum', below, [1], false), 'float64');
  }

  /** The last row that adds to the sum, [1]. */
  lastAdding(cumulative: Value): Value {
    return this.size(this.b.binary('Less', cumulative, this.last(cumulative), 'bool'));
  }

  /** The position of the first that is false, if there is one, int64 [1]. */
  firstFalse(x: Value): Value {
    return this.b.node('ArgMin', [this.b.cast(x, 'float32')], 'int64', [1], { axis: 0, keepdims: 1 });
  }

  /** Σ's counterpart for the maximum; for numbers that float32 holds. */
  largestSoFar(x: Value): Value {
    const n = x.shape[0];
    const line = this.b.reshape(this.b.cast(x, 'float32'), [1, 1, n]);
    const pool = this.b.node('MaxPool', [line], 'float32', [1, 1, n], { kernel_shape: [n], pads: [n - 1, 0] });
    return this.b.cast(this.b.reshape(pool, [n]), 'float64');
  }
}
