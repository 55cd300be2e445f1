/** Products over all steps at once: matrices, convolutions, and the squared norms of products. */

import type { Builder } from './builder.ts';
import { sizeOf, toData } from './dtype.ts';
import type { GraphNode, Value } from './graph.ts';
import type { Stacks } from './vectorise.ts';

type Stacked = readonly (Value | undefined)[];

export function matmul(
  b: Builder,
  { inputs, attributes }: GraphNode,
  stacked: Stacked,
  length: number,
): Value[] | undefined {
  const [x, y] = inputs as Value[];
  const transA = attributes.transA === 1;
  const transB = attributes.transB === 1;
  const flat = x.shape.length === 2 && y.shape.length === 2;
  if (flat && stacked[0] && !stacked[1] && !transA) return [rows(b, stacked[0], y, transB, length)];
  // Leading dimensions broadcast from the right, so a stack must not be of the lower rank.
  const rank = Math.max(x.shape.length, y.shape.length) + 1;
  if (stacked.some((s) => s && s.shape.length < rank)) return undefined;
  return [b.matmul(stacked[0] ?? x, stacked[1] ?? y, transA, transB)];
}

export function gemm(b: Builder, node: GraphNode, stacked: Stacked, length: number): Value[] | undefined {
  return node.inputs.length > 2 ? undefined : matmul(b, node, stacked, length);
}

/** One product for the rows of all steps. */
function rows(b: Builder, stack: Value, matrix: Value, transposed: boolean, length: number): Value {
  const [, m, k] = stack.shape;
  const product = b.matmul(b.reshape(stack, [length * m, k]), matrix, false, transposed);
  return b.reshape(product, [length, m, product.shape[1]]);
}

/** Operations over a batch, by which of their inputs have it as first dimension. */
const batched: Record<string, readonly number[]> = {
  Conv: [0],
  ConvTranspose: [0],
  MaxPool: [0],
  AveragePool: [0],
  LayerNormalization: [0],
  TiledMaxGradient: [0, 1, 2],
};

/** Steps as more samples of the batch; where a filter varies too, as groups. */
export function fold(b: Builder, node: GraphNode, stacked: Stacked, length: number): readonly Value[] | undefined {
  const { op, inputs, attributes, outputs, domain } = node;
  const led = batched[op];
  if (!led) return undefined;
  const merge = (i: number): Value => {
    const { shape } = inputs[i]!;
    const stack = stacked[i] ?? b.expand(inputs[i]!, [length, ...shape]);
    return b.reshape(stack, [length * shape[0], ...shape.slice(1)]);
  };
  if (stacked.every((s, i) => !s || led.includes(i))) {
    const list = inputs.map((v, i) => (led.includes(i) ? merge(i) : v));
    const ports = outputs.map(({ dtype, shape: [n, ...rest] }) => ({ dtype, shape: [length * n, ...rest] }));
    const results = b.nodes(op, list, ports, attributes, domain);
    return results.map((r, i) => b.reshape(r, [length, ...outputs[i].shape]));
  }
  if (op !== 'Conv' || inputs.length > 2 || inputs[0]!.shape[0] !== 1) return undefined;
  const [, channels, ...space] = inputs[0]!.shape;
  const image = b.reshape(merge(0), [1, length * channels, ...space]);
  const group = length * ((attributes.group as number) ?? 1);
  const [, filters, ...size] = outputs[0].shape;
  const y = b.node(op, [image, merge(1)], 'float32', [1, length * filters, ...size], { ...attributes, group });
  return [b.reshape(y, [length, ...outputs[0].shape])];
}

/** Adding rows by index, into one table a step: the step becomes the first index. */
export function scatter(
  b: Builder,
  { attributes }: GraphNode,
  [table, index, rows]: readonly Value[],
): readonly Value[] {
  const [length, ...inner] = index.shape;
  const steps = b.table(
    toData(
      'int64',
      Array.from({ length }, (_, i) => i),
    ),
    [length, ...inner.map(() => 1)],
    'int64',
  );
  const first = b.expand(steps, [length, ...inner.slice(0, -1), 1]);
  const full = b.concat([first, index], index.shape.length - 1);
  return [b.node('ScatterND', [table, full, rows], table.dtype, table.shape, attributes)];
}

/**
 * `‖g‖²` of every step, where g = aᵀd is a product that both its factors change with: `Σ (a aᵀ) ⊙ (d dᵀ)` when that is less
 * work than g itself, with one row simply `‖a‖²‖d‖²` (Goodfellow 2015, "Efficient per-example gradient computations").
 */
export function sumOfSquares(b: Builder, node: GraphNode, stacks: Stacks): Value | undefined {
  const square = node.inputs[0]?.node;
  const whole = node.inputs[1]?.data?.length === node.inputs[0]?.shape.length;
  if (!whole || square?.op !== 'Mul' || square.inputs[0] !== square.inputs[1]) return undefined;
  let g = square.inputs[0]!;
  while (g.node?.op === 'Reshape' || g.node?.op === 'Transpose') g = g.node.inputs[0]!;
  const product = g.node;
  if (product?.op !== 'Gemm' || product.inputs.length > 2) return undefined;
  if (product.attributes.transA !== 1 || product.attributes.transB === 1) return undefined;
  const [a, d] = product.inputs as Value[];
  const [n, k] = a.shape;
  const m = d.shape[1];
  if (n * n * (k + m) > n * k * m) return undefined;
  const [p, q] = [stacks(a), stacks(d)];
  if (!p || !q) return undefined;
  const gram = (x: Value): Value => (n === 1 ? squares(b, x) : b.matmul(x, x, false, true));
  const joint = b.binary('Mul', gram(p), gram(q));
  return n === 1 ? joint : b.reduce('ReduceSum', joint, [1, 2], false);
}

function squares(b: Builder, x: Value): Value {
  const flat = b.reshape(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
  return b.reduce('ReduceSum', b.binary('Mul', flat, flat), [1], false);
}
