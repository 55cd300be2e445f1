/**
 * Reductions in the shapes that ONNX Runtime is fast at. Dimensions of 1, and neighbours that are both reduced or both kept, make it leave its
 * fast loops: over the third dimension of [32, 64, 128, 1] a sum takes thirty times as long as over the second of [2048, 128]. A sum over
 * the leading dimensions is written as a product with a row of ones, which reads each number once.
 */
import type { Builder } from '../builder.ts';
import { sameShape } from '../dtype.ts';
import { bodies, type GraphNode, inside, reachable, type Value } from '../graph.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const reductions = new Set(['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd']);

/** Rows of a sum that is written as a product, at most: the ones are a part of the model, 4 bytes for each. */
const mostRows = 2 ** 16;

/** Changes the nodes in place, those in the bodies of loops too. */
export function shapeReductions(outputs: Iterable<Value>, b: Builder): void {
  for (const node of withBodies(reachable([...outputs]))) {
    const [x, axes] = node.inputs;
    if (!reductions.has(node.op) || !x || !axes?.data) continue;
    const { shape, reduced } = merged(x.shape, Array.from(axes.data, Number));
    const leading = reduced.length === 1 && reduced[0] === 0 && shape.length === 2 && shape[0] <= mostRows;
    const summed = leading && x.dtype === 'float32' && (node.op === 'ReduceSum' || node.op === 'ReduceMean');
    if (!summed && sameShape(shape, x.shape)) continue;
    const from = b.reshape(x, shape);
    const result = summed ? leadingSum(from, node.op === 'ReduceMean', b) : b.reduce(node.op, from, reduced, false);
    const back = node as Mutable<GraphNode>;
    back.op = 'Reshape';
    back.inputs = [result, b.list(node.outputs[0].shape)];
    back.attributes = { allowzero: 1 };
  }
}

function withBodies(nodes: readonly GraphNode[]): GraphNode[] {
  return nodes.flatMap((node) => [node, ...bodies(node).flatMap((body) => withBodies(inside(body).nodes))]);
}

/** The shape without dimensions of 1, neighbours that are both reduced or both kept as one, and which of these are reduced. */
function merged(shape: readonly number[], axes: readonly number[]): { shape: number[]; reduced: number[] } {
  const parts: { size: number; reduced: boolean }[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const reduced = axes.includes(axis) || axes.includes(axis - shape.length);
    const last = parts.at(-1);
    if (last?.reduced === reduced) last.size *= size;
    else parts.push({ size, reduced });
  }
  return { shape: parts.map(({ size }) => size), reduced: [...parts.keys()].filter((k) => parts[k].reduced) };
}

/** Σ or mean over the rows of [rows, columns]: (1, columns). */
function leadingSum(x: Value, mean: boolean, b: Builder): Value {
  const [rows] = x.shape;
  const sum = b.matmul(b.filled(1, [1, rows], 'float32'), x);
  return mean ? b.binary('Div', sum, b.scalar(rows)) : sum;
}
