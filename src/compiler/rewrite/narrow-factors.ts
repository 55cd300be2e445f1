/**
 * Factors of few numbers, such as one a channel, taken out of passes over many: `(a · x) · b` is `x · (a · b)`, `(a · x) · (b · y)` is
 * `(x · y) · (a · b)`, and a sum of `a · x` is `a` times the sum of x. The gradient of a batch normalisation, as TensorFlow.js
 * composes it, multiplies a batch of images eleven times; three remain.
 */
import type { Builder } from '../builder.ts';
import { broadcast, sameShape, sizeOf } from '../dtype.ts';
import { bodies, type GraphNode, reachable, type Value } from '../graph.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Results = ReadonlyMap<string, Value>;

/** A value as another of its shape times a narrow one. */
interface Product {
  readonly wide: Value;
  readonly factor: Value;
}

/** A factor has at most this share of the numbers of what it is multiplied with. */
const NARROW = 1 / 8;

const isNarrow = (factor: Value, { shape }: Value): boolean =>
  sizeOf(factor.shape) <= NARROW * sizeOf(shape) && sameShape(broadcast(factor.shape, shape), shape);

/** Changes the nodes in place; a graph with loops stays as it is, for what they take from outside is not followed. */
export function takeOutFactors(results: Results, e: Builder): Results {
  const nodes = reachable([...results.values()]);
  if (nodes.some((node) => bodies(node).length > 0)) return results;
  const users = new Map<Value, GraphNode[]>();
  for (const node of nodes) {
    for (const input of node.inputs) if (input) users.set(input, [...(users.get(input) ?? []), node]);
  }
  const isResult = new Set(results.values());
  const products = new Map<Value, Product>();
  const written = new Map<Value, Value>();
  const times = new Map<Value, Map<Value, Value>>();

  /** What stands for a value where it is needed itself. */
  const whole = (value: Value): Value => {
    const known = written.get(value);
    if (known) return known;
    const product = products.get(value);
    const made = product ? e.binary('Mul', product.wide, product.factor) : value;
    written.set(value, made);
    return made;
  };
  /** Values of which all that is done takes their factor out again. */
  const passedOn = new Set<Value>();
  for (const { outputs } of nodes.toReversed()) {
    for (const y of outputs) {
      const takesOut = (user: GraphNode): boolean => {
        if (isReduction(user)) return true;
        if (user.op !== 'Mul') return false;
        const [p, q] = user.inputs as readonly Value[];
        return isNarrow(p === y ? q : p, y) && passedOn.has(user.outputs[0]);
      };
      if (!isResult.has(y) && (users.get(y) ?? []).every(takesOut)) passedOn.add(y);
    }
  }

  for (const node of nodes) {
    const [y] = node.outputs;
    if (node.op === 'Mul' && y.dtype === 'float32') {
      const [p, q] = node.inputs as readonly Value[];
      const product = narrowed(p, q, y) ?? narrowed(q, p, y) ?? ofTwo(p, q, y);
      if (product) {
        products.set(y, product);
        continue;
      }
    }
    const product = isReduction(node) ? products.get(node.inputs[0]!) : undefined;
    if (product) {
      const reduced = reduce(node, product);
      if (reduced) {
        written.set(y, reduced);
        continue;
      }
    }
    if (node.inputs.some((v) => v && (products.has(v) || written.has(v)))) {
      (node as Mutable<GraphNode>).inputs = node.inputs.map((v) => v && whole(v));
    }
  }
  return new Map([...results].map(([name, value]) => [name, whole(value)]));

  function narrowed(p: Value, q: Value, y: Value): Product | undefined {
    if (!sameShape(p.shape, y.shape) || !isNarrow(q, y)) return undefined;
    const { wide, factor } = products.get(p) ?? { wide: whole(p) };
    const both = factor ? e.binary('Mul', factor, whole(q)) : whole(q);
    return isNarrow(both, y) ? { wide, factor: both } : { wide: whole(p), factor: whole(q) };
  }

  function ofTwo(p: Value, q: Value, y: Value): Product | undefined {
    const [one, other] = [products.get(p), products.get(q)];
    if (!(one || other) || !sameShape(p.shape, q.shape) || !passedOn.has(y)) return undefined;
    const factors = [one, other].flatMap((product) => product?.factor ?? []);
    const factor = factors.reduce((a, b) => e.binary('Mul', a, b));
    if (!isNarrow(factor, y)) return undefined;
    return { wide: timesOnce(one?.wide ?? whole(p), other?.wide ?? whole(q)), factor };
  }

  /** The same product in either order. */
  function timesOnce(a: Value, b: Value): Value {
    const made = times.get(a)?.get(b) ?? e.binary('Mul', a, b);
    for (const [one, other] of [
      [a, b],
      [b, a],
    ]) {
      times.set(one, (times.get(one) ?? new Map()).set(other, made));
    }
    return made;
  }

  function reduce(node: GraphNode, { wide, factor }: Product): Value | undefined {
    const rank = wide.shape.length;
    const shape = [...wide.shape.map(() => 1), ...factor.shape].slice(-rank);
    const axes = axesOf(node);
    if (axes.some((axis) => shape[axis] !== 1)) return undefined;
    const sum = e.reduce(node.op, wide, axes, node.attributes.keepdims === 1);
    const kept = node.attributes.keepdims === 1 ? shape : shape.filter((_, i) => !axes.includes(i));
    return e.binary('Mul', sum, e.reshape(factor, kept));
  }
}

/** Whether it sums or averages over axes that are known. */
const isReduction = ({ op, inputs }: GraphNode): boolean =>
  (op === 'ReduceSum' || op === 'ReduceMean') && inputs[1]?.data !== undefined;

const axesOf = ({ inputs }: GraphNode): number[] => Array.from(inputs[1]!.data as BigInt64Array, Number);
