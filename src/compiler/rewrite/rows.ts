/**
 * The rows of a batch on their way through the graph. A node that treats them one by one gives, for some rows of its inputs, the same
 * rows of what it gives for all of them; this file knows which nodes do, and where the rows are in what comes out.
 */
import type { Builder } from '../builder.ts';
import { sizeOf } from '../dtype.ts';
import type { GraphNode, Value } from '../graph.ts';
import { elementwise } from '../vectorise.ts';

/** Dimension `dim` of a value is outer × rows × inner, in this order. */
export interface Place {
  readonly dim: number;
  readonly outer: number;
  readonly inner: number;
}

/** A value that is the rows `index` of `full`, which has `of` of them. */
export interface Rows extends Place {
  readonly full: Value;
  readonly index: Value;
  readonly of: number;
}

export type RowsOf = (value: Value) => Rows | undefined;

/** Nodes whose first dimension is the batch, in the first input alone. */
const batched = new Set(['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool']);
/** Nodes that work along one dimension and leave the others as they are, and the dimension where none is given. */
const alongAxis: ReadonlyMap<string, number> = new Map([
  ['Softmax', -1],
  ['TopK', -1],
  ['Split', 0],
  ['ArgMax', 0],
  ['ArgMin', 0],
]);

const numbers = (value: Value): number[] => Array.from(value.data as BigInt64Array, Number);
/** A dimension may be counted from the end. */
const dimension = (axis: number, { shape }: Value): number => (axis < 0 ? axis + shape.length : axis);

/** The shape with all the rows. */
function fullShape(shape: readonly number[], { dim, outer, inner }: Place, of: number): number[] {
  return shape.map((d, i) => (i === dim ? outer * of * inner : d));
}

/** The same node for all the rows and where these are in its outputs; undefined where it mixes rows, or may. */
export function forAllRows(e: Builder, node: GraphNode, rowsOf: RowsOf): readonly Rows[] | undefined {
  const { op, attributes, domain, outputs } = node;
  const inputs = node.inputs as readonly Value[];
  const rows = inputs.map((v) => (v ? rowsOf(v) : undefined));
  const first = rows.find((r) => r !== undefined);
  if (!first || rows.some((r) => r && (r.index !== first.index || r.of !== first.of))) return undefined;
  const { index, of } = first;
  const count = index.shape[0];

  /** The node with the inputs of all rows. */
  const emit = (place: Place, full: readonly (Value | null)[]): readonly Rows[] => {
    const ports = outputs.map(({ dtype, shape }) => ({ dtype, shape: fullShape(shape, place, of) }));
    return e.nodes(op, full, ports, attributes, domain).map((value) => ({ ...place, full: value, index, of }));
  };
  const moved = (place: Place, full: Value): readonly Rows[] => [{ ...place, full, index, of }];
  /** All inputs for the output of the given place, if each has its rows there or is the same for all rows. */
  const aligned = (place: Place, rank: number): Value[] | undefined => {
    const list = inputs.map((v, i) => {
      const dim = place.dim - (rank - v.shape.length);
      const own = rows[i];
      if (own) return own.dim === dim && sameSplit(own, place) ? own.full : undefined;
      return sameForAll(e, v, dim, place, of);
    });
    return list.every((v) => v !== undefined) ? (list as Value[]) : undefined;
  };

  const rank = outputs[0].shape.length;
  if (elementwise.has(op) || op === 'Concat') {
    const at = rows.indexOf(first);
    const place = { ...placeOf(first), dim: first.dim + rank - inputs[at].shape.length };
    const whole = outputs[0].shape[place.dim] === place.outer * count * place.inner;
    if (!whole || attributes.axis === place.dim) return undefined;
    const list = aligned(place, rank);
    return list && emit(place, list);
  }
  if (op === 'MatMul' || op === 'FusedMatMul' || (op === 'Gemm' && inputs.length === 2)) {
    const place = productPlace(node, rows);
    const list = place && inputs.map((v, i) => rows[i]?.full ?? sharedFactor(v, place.dim - (rank - v.shape.length)));
    return list?.every((v) => v !== undefined) ? emit(place!, list as Value[]) : undefined;
  }
  if (op === 'Gather') {
    const axis = dimension((attributes.axis as number | undefined) ?? 0, inputs[0]);
    const [data, at] = rows;
    if (data && at) return undefined;
    const added = inputs[1].shape.length - 1;
    if (at) return emit({ ...placeOf(at), dim: at.dim + axis }, [inputs[0], at.full]);
    if (data!.dim === axis) return undefined;
    return emit({ ...placeOf(data!), dim: data!.dim > axis ? data!.dim + added : data!.dim }, [data!.full, inputs[1]]);
  }
  if (op === 'GatherND') {
    const [data, at] = rows;
    const shared = (attributes.batch_dims as number | undefined) ?? 0;
    if (!at || at.dim === inputs[1].shape.length - 1) return undefined;
    if (data ? at.dim >= shared || data.dim !== at.dim || !sameSplit(data, at) : at.dim < shared) return undefined;
    return emit(placeOf(at), [data?.full ?? inputs[0], at.full]);
  }

  // The rest has one tensor; what else there is are lists, filters, or gains.
  const x = rows[0];
  if (!x || rows.some((r, i) => i > 0 && r)) return undefined;
  const rest = inputs.slice(1);
  const stays = (): readonly Rows[] => emit(placeOf(x), [x.full, ...rest]);
  if (batched.has(op)) return x.dim === 0 ? stays() : undefined;
  // No axes are all of them.
  if (op.startsWith('Reduce') && rest[0]?.data?.length) return reduced(numbers(rest[0]));
  const usual = alongAxis.get(op);
  if (usual !== undefined) {
    const axis = dimension((attributes.axis as number | undefined) ?? usual, inputs[0]);
    if (op === 'ArgMax' || op === 'ArgMin') return reduced([axis]);
    return axis === x.dim ? undefined : stays();
  }
  switch (op) {
    case 'CumSum':
      return rest[0].data && dimension(Number(rest[0].data[0]), inputs[0]) !== x.dim ? stays() : undefined;
    case 'LayerNormalization':
      return x.dim < dimension((attributes.axis as number | undefined) ?? -1, inputs[0]) ? stays() : undefined;
    case 'Reshape': {
      const place = reshapedPlace(inputs[0].shape, x, count, outputs[0].shape);
      return place && moved(place, e.reshape(x.full, fullShape(outputs[0].shape, place, of)));
    }
    case 'Transpose': {
      const perm = attributes.perm as readonly number[];
      return moved({ ...placeOf(x), dim: perm.indexOf(x.dim) }, e.transpose(x.full, perm));
    }
    case 'Expand': {
      const place = { ...placeOf(x), dim: x.dim + rank - inputs[0].shape.length };
      if (outputs[0].shape[place.dim] !== inputs[0].shape[x.dim]) return undefined;
      return moved(place, e.expand(x.full, fullShape(outputs[0].shape, place, of)));
    }
    case 'Tile':
      return rest[0].data && numbers(rest[0])[x.dim] === 1 ? stays() : undefined;
    case 'Slice':
      return rest[2]?.data && numbers(rest[2]).every((a) => dimension(a, inputs[0]) !== x.dim) ? stays() : undefined;
    case 'Pad': {
      const pads = rest[0].data ? numbers(rest[0]) : [];
      return pads[x.dim] === 0 && pads[x.dim + pads.length / 2] === 0 ? stays() : undefined;
    }
  }
  return undefined;

  function reduced(given: readonly number[]): readonly Rows[] | undefined {
    const axes = given.map((a) => dimension(a, inputs[0]));
    if (axes.includes(x!.dim)) return undefined;
    const before = attributes.keepdims === 0 ? axes.filter((a) => a < x!.dim).length : 0;
    return emit({ ...placeOf(x!), dim: x!.dim - before }, [x!.full, ...rest]);
  }
}

export const placeOf = ({ dim, outer, inner }: Place): Place => ({ dim, outer, inner });

export const sameSplit = (a: Place, b: Place): boolean => a.outer === b.outer && a.inner === b.inner;

/** A value that no row changes, as an operand for all the rows: it lacks their dimension, or repeats along it. */
export function sameForAll(e: Builder, v: Value, dim: number, place: Place, of: number): Value | undefined {
  if (dim < 0 || v.shape[dim] === 1) return v;
  const shape = fullShape(v.shape, { ...place, dim }, of);
  if (v.data) {
    const [one] = v.data;
    return (v.data as Float32Array).every((x) => x === one)
      ? e.expand(e.scalar(Number(one), v.dtype), shape)
      : undefined;
  }
  if (!v.node) return undefined;
  const { op, attributes, domain } = v.node;
  const inputs = v.node.inputs as readonly Value[];
  const own = (x: Value): number => dim - (v.shape.length - x.shape.length);
  if (op === 'Expand') {
    const [x] = inputs;
    return own(x) < 0 || x.shape[own(x)] === 1 ? e.expand(x, shape) : undefined;
  }
  // What is made of such values is one too: the first step of a recurrent layer, from a state of zeros.
  const wide = (x: Value): Value | undefined => sameForAll(e, x, own(x), place, of);
  let all: readonly (Value | undefined)[] | undefined;
  if (elementwise.has(op)) all = inputs.map(wide);
  else if (batched.has(op) && dim === 0) all = [wide(inputs[0]), ...inputs.slice(1)];
  else if (op === 'MatMul' && dim === v.shape.length - 2) all = [wide(inputs[0]), inputs[1]];
  return all?.every((x) => x !== undefined)
    ? e.node(op, all as readonly Value[], v.dtype, shape, attributes, domain)
    : undefined;
}

/** A factor without rows must not have their dimension among those that both factors lead. */
const sharedFactor = (v: Value, dim: number): Value | undefined =>
  dim < 0 || dim >= v.shape.length - 2 || v.shape[dim] === 1 ? v : undefined;

/** Where the rows of a matrix product are: rows of the left factor, columns of the right one, or a leading dimension of both. */
function productPlace(
  { inputs, attributes, outputs }: GraphNode,
  rows: readonly (Rows | undefined)[],
): Place | undefined {
  const rank = outputs[0].shape.length;
  const places = rows.map((r, side): Place | undefined => {
    if (!r) return undefined;
    const own = inputs[side]!.shape.length;
    const transposed = attributes[side === 0 ? 'transA' : 'transB'] === 1;
    // Counted from the end: 1 is the columns, 2 the rows.
    const end = own - r.dim;
    if (end > 2) return { ...placeOf(r), dim: rank - end };
    const kept = (side === 0) !== transposed ? 2 : 1;
    return end === kept ? { ...placeOf(r), dim: side === 0 ? rank - 2 : rank - 1 } : { ...placeOf(r), dim: -1 };
  });
  const [left, right] = places;
  const place = left ?? right!;
  if (place.dim < 0 || (left && right && (left.dim !== right.dim || !sameSplit(left, right)))) return undefined;
  return place;
}

/** Where the rows are among the dimensions of another shape of the same elements, if one dimension holds them all. */
function reshapedPlace(
  from: readonly number[],
  { dim, outer, inner }: Place,
  count: number,
  to: readonly number[],
): Place | undefined {
  const before = sizeOf(from.slice(0, dim)) * outer;
  const after = inner * sizeOf(from.slice(dim + 1));
  let led = 1;
  for (const [i, d] of to.entries()) {
    if (led * d >= before * count) {
      const place = { dim: i, outer: before / led, inner: (led * d) / (before * count) };
      const whole = Number.isInteger(place.outer) && Number.isInteger(place.inner);
      return whole && place.inner * sizeOf(to.slice(i + 1)) === after ? place : undefined;
    }
    led *= d;
  }
  return undefined;
}
