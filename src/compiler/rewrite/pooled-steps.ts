/**
 * The gradient through a ReLU and the max pool after it, with the step of the ReLU at the pooled size: what takes the gradient of a
 * window equals the window's maximum, so that the step is the same, of a quarter of the numbers.
 */
import { type GraphNode, reachable, type Value } from '../graph.ts';
import { isStep, step } from '../lower/step.ts';
import type { Emitter } from '../symbol.ts';
import { countUses } from './uses.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Changes the nodes in place; gradients of pools that are used elsewhere too are left alone. */
export function poolSteps(outputs: Iterable<Value>, e: Emitter): void {
  const ends = [...outputs];
  const uses = countUses(ends);
  for (const node of reachable(ends)) {
    if (node.op !== 'Mul') continue;
    const [p, q] = node.inputs as readonly Value[];
    for (const [gradient, mask] of [
      [p, q],
      [q, p],
    ]) {
      const pool = gradient.node;
      if (pool?.op !== 'TiledMaxGradient' || uses.get(gradient) !== 1) continue;
      const [dy, x, y] = pool.inputs as readonly Value[];
      if (!isStepOf(mask, x)) continue;
      const both = node as Mutable<GraphNode>;
      both.op = pool.op;
      both.domain = pool.domain;
      both.attributes = pool.attributes;
      both.inputs = [e.binary('Mul', dy, step(e, y)), x, y];
      break;
    }
  }
}

/** Whether it says where the result of a ReLU is above zero. */
function isStepOf({ node }: Value, relu: Value): boolean {
  if (!node || !isStep(node) || relu.node?.op !== 'Relu') return false;
  return node.inputs[0] === relu || node.inputs[0] === relu.node.inputs[0];
}
