/**
 * Sums of matrix products within the product: `y + s · ab` is one pass of ONNX's Gemm over the result instead of three.
 * Every optimizer updates the weights of a dense layer like this.
 */
import type { Builder } from '../builder.ts';
import { sameShape } from '../dtype.ts';
import { type GraphNode, reachable, type Value } from '../graph.ts';
import { countUses } from './uses.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Changes the nodes in place; products that are used elsewhere too are left alone. */
export function accumulate(outputs: Iterable<Value>, b: Builder): void {
  const ends = [...outputs];
  const uses = countUses(ends);
  for (const node of reachable(ends)) {
    if (node.op !== 'Add') continue;
    const [x, y] = node.inputs as readonly Value[];
    if (!sameShape(x.shape, y.shape)) continue;
    for (const [term, rest] of [
      [x, y],
      [y, x],
    ]) {
      const product = scaledProduct(term, uses);
      if (!product || product.gemm.outputs[0] === rest) continue;
      const [left, right] = product.gemm.inputs as readonly Value[];
      const smaller = left.shape.length === 2 && left.shape[0] * left.shape[1] < right.shape[0] * right.shape[1];
      const { factor } = product;
      const scale = (v: Value): Value => (factor ? b.binary('Mul', factor, v) : v);
      const sum = node as Mutable<GraphNode>;
      sum.op = 'Gemm';
      sum.inputs = smaller ? [scale(left), right, rest] : [left, scale(right), rest];
      sum.attributes = product.gemm.attributes;
      break;
    }
  }
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
