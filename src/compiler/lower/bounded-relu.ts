/**
 * ReLUs with an upper bound, and their slopes read off their results, so that nothing else is kept for the backward pass.
 *
 * TensorFlow.js has one as a kernel (its slope at 6 is 1) and composes another, `min(6, relu(x))` (its slope there is 0).
 */
import { numberOf } from '../builder.ts';
import type { Value } from '../graph.ts';
import type { Emitter } from '../symbol.ts';
import { isStep, step } from './step.ts';

/** The number after 6: what was cut off can be told from what was 6. */
const AFTER_SIX = 6 + 2 ** -21;

const clip = (e: Emitter, x: Value, bound: number): Value =>
  e.node('Clip', [x, e.scalar(0), e.scalar(bound)], x.dtype, x.shape);

const slope = (e: Emitter, y: Value, bound: number): Value =>
  step(e, e.binary('Mul', y, e.binary('Sub', e.scalar(bound), y)));

export function relu6(e: Emitter, x: Value): Value {
  if (x.dtype === 'float32') return clip(e, x, AFTER_SIX);
  return e.binary('Min', e.binary('Max', x, e.scalar(0, x.dtype)), e.scalar(6, x.dtype));
}

/** The smaller of two, as one pass where it bounds a ReLU. */
export function minimum(e: Emitter, a: Value, b: Value): Value {
  for (const [relu, bound] of bothWays(a, b)) {
    const limit = numberOf(bound);
    if (relu.node?.op === 'Relu' && limit !== undefined && limit > 0) return clip(e, relu.node.inputs[0]!, limit);
  }
  return e.binary('Min', a, b);
}

/** A product, in which the slopes of bounded ReLUs are found. */
export function multiply(e: Emitter, a: Value, b: Value): Value {
  for (const [rest, slopeOfRelu] of bothWays(a, b)) {
    const { node } = slopeOfRelu;
    if (!node || !isStep(node)) continue;
    const x = node.inputs[0]!;
    const six = compared(rest, 'LessOrEqual');
    if (six && six[0] === x && numberOf(six[1]) === 6) return slope(e, relu6(e, x), AFTER_SIX);
    if (rest.node?.op !== 'Mul') continue;
    for (const [dy, factor] of bothWays(...(rest.node.inputs as [Value, Value]))) {
      const [bound, relu] = compared(factor, 'Greater') ?? [];
      const limit = bound && numberOf(bound);
      if (!limit || limit < 0 || relu?.node?.op !== 'Relu' || relu.node.inputs[0] !== x) continue;
      return e.binary('Mul', dy, slope(e, clip(e, x, limit), limit));
    }
  }
  return e.binary('Mul', a, b);
}

const bothWays = (a: Value, b: Value): [Value, Value][] => [
  [a, b],
  [b, a],
];

/** What is compared, in a value that is 1 where the comparison holds, else 0. */
function compared({ node, dtype }: Value, op: string): readonly Value[] | undefined {
  const comparison = node?.op === 'Cast' && dtype === 'float32' ? node.inputs[0]!.node : undefined;
  const operands = comparison?.inputs as readonly Value[] | undefined;
  return comparison?.op === op && operands!.every((v) => v.dtype === 'float32') ? operands : undefined;
}
