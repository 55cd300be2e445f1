/** Random graphs of a pool and of rows of it give the same with and without the pass, whatever they do with the rows. */
import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { describe, expect, it, test } from 'vitest';
import { sizeOf } from '../../../src/compiler/dtype.ts';
import { float, reachable, type Value } from '../../../src/compiler/graph.ts';
import { writeModel } from '../../../src/compiler/model.ts';
import { forAllRows, placeOf, type Rows } from '../../../src/compiler/rewrite/rows.ts';
import { shareForward } from '../../../src/compiler/rewrite/share-forward.ts';
import { Emitter } from '../../../src/compiler/symbol.ts';

const POOL = 6;

/** Whole numbers that do not repeat soon: sums of products of them are exact, in any order. */
const numerals = (length: number, salt: number) =>
  Float32Array.from({ length }, (_, i) => ((i * 7 + salt * 5) % 9) - 4);
const table = (e: Emitter, shape: number[], salt = 1): Value =>
  e.constant(numerals(sizeOf(shape), salt), shape, 'float32');

/** Dimension `i` of a step, counted round; `j` is another number it may use. */
type Step = (e: Emitter, x: Value, i: number, j: number, before: readonly Value[]) => Value | undefined;

/** Few values near each other, however they were computed. */
const whole = (e: Emitter, x: Value): Value => e.unary('Round', e.binary('Mul', x, e.scalar(7.3)));
const zeros = (x: Value): number[] => x.shape.map(() => 0);
const last = (x: Value): number => x.shape.at(-1)!;
const changed = (x: Value, i: number, ...to: number[]): number[] => x.shape.toSpliced(i, 1, ...to);

const steps: Record<string, Step> = {
  relu: (e, x) => e.unary('Relu', x),
  step: (e, x) => e.unary('HardSigmoid', x, { alpha: float(3e38), beta: float(0) }),
  'a number': (e, x, _, j) => e.binary('Add', x, e.scalar(j)),
  'one number everywhere': (e, x, _, j) => e.binary('Add', x, e.expand(e.scalar(j), x.shape)),
  'a number for each of the last dimension': (e, x, _, j) => e.binary('Mul', x, table(e, [last(x)], j)),
  'a number for each of a dimension': (e, x, i) =>
    e.binary(
      'Add',
      x,
      table(
        e,
        x.shape.map((d, k) => (k === i ? d : 1)),
      ),
    ),
  'what was before': (e, x, _, j, before) => {
    const y = before[j % before.length];
    const fits =
      y.shape.length <= x.shape.length && y.shape.every((d, k) => d === 1 || d === x.shape.at(k - y.shape.length));
    return fits ? e.binary('Sub', y, x) : undefined;
  },
  'one of two': (e, x, i) => {
    const large = e.binary('Greater', e.reduce('ReduceMax', x, [i], true), e.scalar(2), 'bool');
    return e.where(large, x, e.unary('Neg', x));
  },
  transpose: (e, x, i, j) => {
    const perm = x.shape.map((_, k) => k);
    const k = j % perm.length;
    [perm[i], perm[k]] = [perm[k], perm[i]];
    return e.transpose(x, perm);
  },
  merge: (e, x, i) =>
    i + 1 < x.shape.length ? e.reshape(x, x.shape.toSpliced(i, 2, x.shape[i] * x.shape[i + 1])) : undefined,
  split: (e, x, i, j) => {
    const d = x.shape[i];
    return d % 2 === 0 ? e.reshape(x, changed(x, i, ...(j % 2 ? [d / 2, 2] : [2, d / 2]))) : undefined;
  },
  flatten: (e, x) => e.reshape(x, [sizeOf(x.shape)]),
  'a dimension of 1': (e, x, i) => e.reshape(x, x.shape.toSpliced(i, 0, 1)),
  sum: (e, x, i, j) => e.reduce('ReduceSum', x, [i], j % 2 === 0),
  'sum of two dimensions': (e, x, i, j) => e.reduce('ReduceSum', x, [...new Set([i, j % x.shape.length])], j % 3 === 0),
  mean: (e, x, i, j) => whole(e, e.reduce('ReduceMean', x, [i], j % 2 === 0)),
  'sum counted from the end': (e, x, i) =>
    e.node('ReduceSum', [x, e.list([i - x.shape.length])], 'float32', changed(x, i), { keepdims: 0 }),
  softmax: (e, x, i, j) => whole(e, e.unary('Softmax', x, { axis: j % 2 ? i : i - x.shape.length })),
  'softmax of the last dimension': (e, x) => whole(e, e.unary('Softmax', x)),
  'running sum': (e, x, i, j) => {
    const axis = e.scalar(j % 2 ? i : i - x.shape.length, 'int32');
    return e.node('CumSum', [x, axis], 'float32', x.shape, { exclusive: Number(j > 4), reverse: Number(j % 3 === 0) });
  },
  'without the first': (e, x, i) => (x.shape[i] > 1 ? e.slice(x, zeros(x).with(i, 1), x.shape) : undefined),
  backwards: (e, x, i) =>
    e.slice(
      x,
      zeros(x).with(i, x.shape[i] - 1),
      x.shape.with(i, -1),
      zeros(x).map((_, k) => (k === i ? -1 : 1)),
    ),
  pad: (e, x, i, j) => e.pad(x, zeros(x).with(i, j % 2), zeros(x).with(i, 1)),
  tile: (e, x, i) => {
    const times = x.shape.map((_, k) => (k === i ? 2 : 1));
    return e.node(
      'Tile',
      [x, e.list(times)],
      'float32',
      x.shape.map((d, k) => d * times[k]),
    );
  },
  'beside itself': (e, x, i) => e.concat([x, e.unary('Neg', x)], i),
  'beside a table': (e, x, i) => e.concat([table(e, x.shape.with(i, 2)), x], i),
  'times a matrix': (e, x) => (x.shape.length > 1 ? e.matmul(x, table(e, [last(x), 3])) : undefined),
  'times a matrix, transposed': (e, x) => {
    if (x.shape.length < 2) return undefined;
    return e.matmul(x, table(e, [3, x.shape.at(-2)!]), true, true);
  },
  'a matrix times': (e, x) => (x.shape.length > 1 ? e.matmul(table(e, [3, x.shape.at(-2)!]), x) : undefined),
  'a stack of matrices times': (e, x) =>
    x.shape.length > 1 ? e.matmul(table(e, [...x.shape.slice(0, -2), 2, x.shape.at(-2)!]), x) : undefined,
  'times itself': (e, x) => (x.shape.length > 1 ? e.matmul(x, x, false, true) : undefined),
  'itself times': (e, x) => (x.shape.length > 1 ? e.matmul(x, x, true, false) : undefined),
  'some of a dimension': (e, x, i) => e.gather(x, e.list([x.shape[i] - 1, 0, 0]), i),
  'looked up': (e, x, i) => {
    const index = e.cast(e.binary('Min', e.unary('Abs', x), e.scalar(4)), 'int32');
    return e.gather(table(e, [5, 2, 5], 2), index, i % 2 ? 0 : 2);
  },
  'halves of a dimension': (e, x, i) => {
    if (x.shape[i] % 2) return undefined;
    const [p, q] = e.split(x, [x.shape[i] / 2, x.shape[i] / 2], i);
    return e.binary('Sub', p, q);
  },
  'the first largest': (e, x, i, j) => {
    const shape = j % 2 ? changed(x, i) : changed(x, i, 1);
    const index = e.node('ArgMax', [x], 'int64', shape, {
      axis: i - (j > 4 ? x.shape.length : 0),
      keepdims: 1 - (j % 2),
    });
    return e.cast(index, 'float32');
  },
  'the largest': (e, x, i) => {
    const shape = x.shape.with(i, 1);
    const ports = [{ dtype: 'float32', shape } as const, { dtype: 'int64', shape } as const];
    const [values, index] = e.nodes('TopK', [x, e.list([1])], ports, { axis: i });
    return e.binary('Add', values, e.cast(index, 'float32'));
  },
  'picked from each': (e, x, i) => {
    if (x.shape.length < 2) return undefined;
    const led = 1 + (i % (x.shape.length - 1));
    const index = e.node('ArgMax', [x], 'int64', changed(x, led, 1), { axis: led, keepdims: 1 });
    const narrow = e.slice(
      index,
      zeros(x),
      x.shape.map((d, k) => (k < led ? d : 1)),
    );
    const at = e.reshape(narrow, [...x.shape.slice(0, led), 1]);
    const shape = [...x.shape.slice(0, led), ...x.shape.slice(led + 1)];
    return e.node('GatherND', [x, at], 'float32', shape, { batch_dims: led });
  },
  'repeated along a new dimension': (e, x, i) => {
    const shape = x.shape.toSpliced(i, 0, 1);
    return e.expand(e.reshape(x, shape), shape.with(i, 2));
  },
  // The same in both graphs, whatever the number of rows.
  'the first two': (e, x, i) => (x.shape[i] > 1 ? e.slice(x, zeros(x), x.shape.with(i, 2)) : undefined),
  'the second, twice, and the first': (e, x, i) => (x.shape[i] > 1 ? e.gather(x, e.list([1, 1, 0]), i) : undefined),
  'looked up in itself': (e, x, i) => {
    if (x.shape[i] < 2) return undefined;
    return e.gather(x, e.cast(e.binary('Min', e.unary('Abs', x), e.scalar(1)), 'int32'), i);
  },
  'a number for each of the pool': (e, x, i) => {
    const fits = x.shape[i] === 1 || x.shape[i] === POOL;
    return fits
      ? e.binary(
          'Add',
          x,
          table(
            e,
            zeros(x).map((_, k) => (k === i ? POOL : 1)),
          ),
        )
      : undefined;
  },
  'repeated for the pool': (e, x, i) =>
    x.shape[i] === 1 || x.shape[i] === POOL ? e.expand(x, x.shape.with(i, POOL)) : undefined,
  'a repeated table': (e, x, i) => {
    const narrow = table(
      e,
      x.shape.map((d, k) => (k === i ? d : 1)),
    );
    return e.binary('Mul', x, e.unary('Neg', e.expand(narrow, x.shape)));
  },
  convolution: (e, x) => {
    const [n, c, d] = x.shape;
    if (x.shape.length !== 3 || d < 2) return undefined;
    return e.node('Conv', [x, table(e, [2, c, 2]), table(e, [2])], 'float32', [n, 2, d - 1], { kernel_shape: [2] });
  },
  'convolution of neighbours': (e, x) => {
    // One image whose channels are the samples, each with its own filter.
    if (x.shape.length !== 2 || last(x) < 2) return undefined;
    const [n, d] = x.shape;
    const filters = table(e, [n, 1, 2]);
    const y = e.node('Conv', [e.reshape(x, [1, n, d]), filters], 'float32', [1, n, d - 1], {
      kernel_shape: [2],
      group: n,
    });
    return e.reshape(y, [n, d - 1]);
  },
  pool: (e, x, _, j) => {
    const [n, c, d] = x.shape;
    if (x.shape.length !== 3 || d < 2) return undefined;
    const op = j % 2 ? 'MaxPool' : 'AveragePool';
    return whole(e, e.node(op, [x], 'float32', [n, c, d - 1], { kernel_shape: [2] }));
  },
  normalised: (e, x, i) => {
    const size = x.shape.slice(i);
    const inputs = [x, table(e, size, 2), table(e, size, 3)];
    return whole(e, e.node('LayerNormalization', inputs, 'float32', x.shape, { axis: i, epsilon: float(1) }));
  },
};

type Choice = readonly [string, number, number];

/** All values on the way. Each is kept small, so that every number is exact. */
function apply(e: Emitter, x: Value, choices: readonly Choice[]): Value[] {
  const values = [x];
  for (const [name, i, j] of choices) {
    const now = values.at(-1)!;
    if (now.shape.length === 0) break;
    const next = steps[name](e, now, i % now.shape.length, j, values);
    if (!next || sizeOf(next.shape) > 3000 || next.shape.length > 5) continue;
    values.push(e.binary('Min', e.binary('Max', next, e.scalar(-9)), e.scalar(9)));
  }
  return values;
}

async function run(results: ReadonlyMap<string, Value>, feeds: Record<string, ort.Tensor>) {
  const { bytes, nodes, inputs } = writeModel(results);
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  try {
    const used = Object.fromEntries(inputs.map(({ input }) => [input!, feeds[input!]]));
    const outputs = await session.run(used);
    return { nodes, outputs: Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, t.data])) };
  } finally {
    await session.release();
  }
}

/** Whether the last value of the rows is taken from the pool's, once every number agrees. */
async function isShared(
  choices: readonly Choice[],
  rows: readonly number[],
  shape: readonly number[],
): Promise<boolean> {
  const e = new Emitter();
  const x = e.input('x', 'float32', [POOL, ...shape]);
  const index = e.input('rows', 'int32', [rows.length]);
  const results = new Map<string, Value>();
  for (const [k, v] of apply(e, x, choices).entries()) results.set(`pool ${k}`, v);
  for (const [k, v] of apply(e, e.gather(x, index, 0), choices).entries()) results.set(`rows ${k}`, v);
  const feeds = {
    x: new ort.Tensor('float32', numerals(POOL * sizeOf(shape), 3), [POOL, ...shape]),
    rows: new ort.Tensor('int32', Int32Array.from(rows), [rows.length]),
  };
  const before = await run(results, feeds);
  const shared = shareForward(results, e).results;
  const after = await run(shared, feeds);
  for (const [name, want] of Object.entries(before.outputs)) expect(after.outputs[name], name).toEqual(want);
  expect(after.nodes, 'nodes').toBeLessThanOrEqual(before.nodes + 3 * results.size);
  const [source] = reachable([...shared.values()].slice(-1)).slice(-1);
  const gather = source.op === 'Reshape' ? source.inputs[0]!.node! : source;
  return gather.op === 'Gather' && gather.inputs[1] === index;
}

describe('random graphs', () => {
  const choice = fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(4), fc.nat(8));

  it('give the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(choice, { minLength: 1, maxLength: 7 }),
        fc.oneof(...[1, 2, 3, POOL].map((count) => fc.array(fc.nat(POOL - 1), { minLength: count, maxLength: count }))),
        fc.constantFrom([4], [2, 3], [3, 2, 2], [1]),
        async (choices, rows, shape) => {
          await isShared(choices, rows, shape);
        },
      ),
      { seed: 1, numRuns: 600 },
    );
  });

  /** Where the rows are in the first of three dimensions, this step does something to the last. */
  const rowwise = Object.keys(steps).filter((name) => {
    const own = [
      'looked up in itself',
      'sum of two dimensions',
      'a stack of matrices times',
      'beside a table',
      'convolution of neighbours',
    ];
    return !['flatten', ...own].includes(name);
  });
  test.each(rowwise)('%s of a dimension without rows', async (name) => {
    for (const j of [0, 1, 3, 5]) {
      const product: Choice = ['times a matrix', 0, 0];
      const choices: Choice[] = [product, [name, 2, j], ['a number', 0, 2], ['relu', 0, 0]];
      expect(await isShared(choices, [5, 0, 0], [4, 4]), `j = ${j}`).toBe(true);
    }
  });
});

describe('forAllRows', () => {
  /** Rows 0 of dimension `dim` of a value with 2 rows there, of 5. */
  function setting(shape: readonly number[], dim: number) {
    const e = new Emitter();
    const index = e.input('rows', 'int32', [2]);
    const full = e.input('full', 'float32', shape.with(dim, 5));
    const x = e.input('x', 'float32', shape);
    const rows: Rows = { full, index, of: 5, dim, outer: 1, inner: 1 };
    return { e, x, rowsOf: (v: Value) => (v === x ? rows : undefined) };
  }
  const place = (rows: readonly Rows[] | undefined) => rows?.map((r) => ({ ...placeOf(r), shape: r.full.shape }));

  it('refuses a reduction of all dimensions, which names none', () => {
    const { e, x, rowsOf } = setting([2, 3], 0);
    const sum = e.node('ReduceSum', [x, e.list([])], 'float32', [1, 1], { keepdims: 1 });
    expect(forAllRows(e, sum.node!, rowsOf)).toBeUndefined();
  });

  it('knows the dimension of an operation that is given none', () => {
    const { e, x, rowsOf } = setting([3, 2], 1);
    expect(forAllRows(e, e.unary('Softmax', x).node!, rowsOf)).toBeUndefined();
    const first = setting([2, 3], 0);
    expect(place(forAllRows(first.e, first.e.unary('Softmax', first.x).node!, first.rowsOf))).toEqual([
      { dim: 0, outer: 1, inner: 1, shape: [5, 3] },
    ]);
  });

  it('follows rows through a matrix product on either side, and not along its sum', () => {
    const left = setting([2, 4], 0);
    const w = left.e.input('w', 'float32', [4, 3]);
    expect(place(forAllRows(left.e, left.e.matmul(left.x, w).node!, left.rowsOf))?.[0].shape).toEqual([5, 3]);
    const right = setting([4, 2], 1);
    const v = right.e.input('v', 'float32', [3, 4]);
    expect(place(forAllRows(right.e, right.e.matmul(v, right.x).node!, right.rowsOf))?.[0].shape).toEqual([3, 5]);
    const along = setting([4, 2], 1);
    const u = along.e.input('u', 'float32', [2, 3]);
    expect(forAllRows(along.e, along.e.matmul(along.x, u).node!, along.rowsOf)).toBeUndefined();
    const turned = setting([2, 4], 0);
    const t = turned.e.input('t', 'float32', [2, 3]);
    expect(forAllRows(turned.e, turned.e.matmul(turned.x, t, true).node!, turned.rowsOf)).toBeUndefined();
  });

  it('refuses an operand with numbers of its own for the rows', () => {
    const { e, x, rowsOf } = setting([2, 3], 0);
    for (const other of [e.input('mask', 'float32', [2, 3]), e.input('column', 'float32', [2, 1]), table(e, [2, 3])])
      expect(forAllRows(e, e.binary('Mul', x, other).node!, rowsOf)).toBeUndefined();
    const row = e.input('row', 'float32', [3]);
    expect(place(forAllRows(e, e.binary('Mul', x, row).node!, rowsOf))?.[0].shape).toEqual([5, 3]);
    expect(place(forAllRows(e, e.binary('Mul', x, e.filled(2, [2, 3], 'float32')).node!, rowsOf))).toHaveLength(1);
  });

  it('refuses rows of two choices, and rows at two places', () => {
    const { e, x } = setting([2, 2], 0);
    const y = e.input('y', 'float32', [2, 2]);
    const full = e.input('both', 'float32', [5, 2]);
    const [one, other] = [e.input('one', 'int32', [2]), e.input('other', 'int32', [2])];
    const rows: Rows = { full, index: one, of: 5, dim: 0, outer: 1, inner: 1 };
    const sum = e.binary('Sub', x, y).node!;
    const both = (second: Rows) => forAllRows(e, sum, (v) => (v === x ? rows : v === y ? second : undefined));
    expect(both({ ...rows, index: other })).toBeUndefined();
    expect(both({ ...rows, of: 6 })).toBeUndefined();
    expect(both({ ...rows, dim: 1 })).toBeUndefined();
    expect(both(rows)).toHaveLength(1);
    // The dimension is 2 × rows in one and rows × 2 in the other.
    const [p, q] = [e.input('p', 'float32', [4]), e.input('q', 'float32', [4])];
    const joint = { full: e.input('joint', 'float32', [10]), index: one, of: 5, dim: 0 };
    const split = (outer: number, inner: number): Rows => ({ ...joint, outer, inner });
    const merged = (second: Rows) =>
      forAllRows(e, e.binary('Sub', p, q).node!, (v) => (v === p ? split(1, 2) : v === q ? second : undefined));
    expect(merged(split(2, 1))).toBeUndefined();
    expect(place(merged(split(1, 2)))).toEqual([{ dim: 0, outer: 1, inner: 2, shape: [10] }]);
  });

  it('finds rows in another shape where one dimension has them', () => {
    const { e, x, rowsOf } = setting([3, 2, 4], 1);
    const reshaped = (...shape: number[]) => place(forAllRows(e, e.reshape(x, shape).node!, rowsOf));
    expect(reshaped(3, 8)).toEqual([{ dim: 1, outer: 1, inner: 4, shape: [3, 20] }]);
    expect(reshaped(6, 4)).toEqual([{ dim: 0, outer: 3, inner: 1, shape: [15, 4] }]);
    expect(reshaped(24)).toEqual([{ dim: 0, outer: 3, inner: 4, shape: [60] }]);
    expect(reshaped(3, 1, 2, 2, 2)).toEqual([{ dim: 2, outer: 1, inner: 1, shape: [3, 1, 5, 2, 2] }]);
    expect(reshaped(2, 12)).toBeUndefined();
    expect(reshaped(4, 6)).toBeUndefined();
    expect(reshaped(8, 3)).toBeUndefined();
  });

  it('follows the rows of indices, or of what they index', () => {
    const e = new Emitter();
    const index = e.input('rows', 'int32', [2]);
    const rowsAt = (name: string, shape: number[], dim: number, dtype: 'float32' | 'int64' = 'float32') => {
      const rows = { full: e.input(`all ${name}`, dtype, shape.with(dim, 5)), index, of: 5, dim, outer: 1, inner: 1 };
      return [e.input(name, dtype, shape), rows] as const;
    };
    const known = (...pairs: (readonly [Value, Rows])[]) => {
      const map = new Map(pairs);
      return (v: Value) => map.get(v);
    };
    const data = rowsAt('data', [2, 3, 4], 0);
    const at = rowsAt('at', [2, 1], 0, 'int64');
    expect(forAllRows(e, e.gather(data[0], at[0], 1).node!, known(data, at))).toBeUndefined();
    expect(forAllRows(e, e.gather(data[0], at[0], 0).node!, known(data))).toBeUndefined();
    expect(place(forAllRows(e, e.gather(data[0], at[0], 1).node!, known(data)))?.[0]).toMatchObject({ dim: 0 });
    expect(place(forAllRows(e, e.gather(data[0], at[0], 1).node!, known(at)))).toEqual([
      { dim: 1, outer: 1, inner: 1, shape: [2, 5, 1, 4] },
    ]);

    const picked = (led: number) =>
      e.node('GatherND', [data[0], at[0]], 'float32', led ? [2, 4] : [2, 3, 4], { batch_dims: led }).node!;
    expect(place(forAllRows(e, picked(1), known(data, at)))?.[0]).toEqual({
      dim: 0,
      outer: 1,
      inner: 1,
      shape: [5, 4],
    });
    expect(place(forAllRows(e, picked(0), known(at)))?.[0]).toMatchObject({ dim: 0, shape: [5, 3, 4] });
    expect(forAllRows(e, picked(0), known(data, at))).toBeUndefined();
    expect(forAllRows(e, picked(1), known(at))).toBeUndefined();
    expect(forAllRows(e, picked(1), known(data))).toBeUndefined();
    const turned = [at[0], { ...at[1], dim: 1 }] as const;
    expect(forAllRows(e, picked(0), known(turned))).toBeUndefined();
  });
});
