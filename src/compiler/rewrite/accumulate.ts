/**
 * Sums of matrix products within the product: `μ · y + s · ab` is one pass of ONNX's Gemm over the result instead of four.
 * Every optimizer updates the weights of a dense layer, or its momentum, like this.
 */
import { type Builder, numberOf } from '../builder.ts';
import { sameShape } from '../dtype.ts';
import { float, type GraphNode, reachable, type Value } from '../graph.ts';
import { countUses } from './uses.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Changes the nodes in place; products that are used elsewhere too are left alone. */
export function accumulate(outputs: Iterable<Value>, b: Builder): void {
  const ends = [...outputs];
  const uses = countUses(ends);
  for (const node of reachable(ends)) {
    if (node.op !== 'Add') continue;
    const [p, q] = node.inputs as readonly Value[];
    if (!sameShape(p.shape, q.shape)) continue;
    for (const [term, rest] of [
      [p, q],
      [q, p],
    ]) {
      const product = scaledProduct(term, uses);
      if (!product || product.gemm.outputs[0] === rest) continue;
      const [left, right] = product.gemm.inputs as readonly Value[];
      const smaller = left.shape.length === 2 && left.shape[0] * left.shape[1] < right.shape[0] * right.shape[1];
      const { factor } = product;
      const scale = (v: Value): Value => (factor ? b.binary('Mul', factor, v) : v);
      const [momentum, y] = uses.get(rest) === 1 ? multiple(rest) : [1, rest];
      const sum = node as Mutable<GraphNode>;
      sum.op = 'Gemm';
      sum.inputs = smaller ? [scale(left), right, y] : [left, scale(right), y];
      sum.attributes = momentum === 1 ? product.gemm.attributes : { ...product.gemm.attributes, beta: float(momentum) };
      break;
    }
  }
}

/** The number and the value that a value is the product of. By nothing, Gemm would not look at the value. */
function multiple(value: Value): [number, Value] {
  if (value.node?.op !== 'Mul') return [1, value];
  const [p, q] = value.node.inputs as readonly Value[];
  for (const [number, rest] of [
    [numberOf(p), q],
    [numberOf(q), p],
  ] as const) {
    if (number && sameShape(rest.shape, value.shape)) return [number, rest];
  }
  return [1, value];
}

/** A product that is used once, perhaps times a number that is used with it. */
function scaledProduct(
  value: Value,
  uses: ReadonlyMap<Value, number>,
): { gemm: GraphNode; factor?: Value } | undefined {
  if (uses.get(value) !== 1) return undefined;
  const { node } = value;
  if (node?.op === 'Gemm' && node.inputs.length === 2) return { gemm: node };
  if (node?.op !== 'Mul') return undefined;
  const [p, q] = node.inputs as readonly Value[];
  const [factor, product] = p.shape.length === 0 ? [p, q] : [q, p];
  if (factor.shape.length !== 0 || uses.get(product) !== 1) return undefined;
  const gemm = product.node;
  return gemm?.op === 'Gemm' && gemm.inputs.length === 2 ? { gemm, factor } : undefined;
}
