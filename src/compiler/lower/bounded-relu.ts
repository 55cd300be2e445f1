/**
 * ReLUs with an upper bound, and their slopes read off their results, so that nothing else is kept for the backward pass.
 *
 * TensorFlow.js has one as a kernel (its slope at 6 is 1) and composes others: `min(6, relu(x))` (its slope there is 0), and
 * `clipByValue(relu(x), 0, 6)` of the ReLU layer (1).
 */
import { numberOf } from '../builder.ts';
import type { Value } from '../graph.ts';
import type { Emitter } from '../symbol.ts';
import { isStep, step } from './step.ts';

/** The number of float32 after a bound: what was cut off there can be told from what was the bound. */
function after(positive: number): number {
  const bits = new Uint32Array(Float32Array.of(positive).buffer);
  bits[0]++;
  return new Float32Array(bits.buffer)[0];
}

const clip = (e: Emitter, x: Value, bound: number): Value =>
  e.node('Clip', [x, e.scalar(0), e.scalar(bound)], x.dtype, x.shape);

const slope = (e: Emitter, y: Value, bound: number): Value =>
  step(e, e.binary('Mul', y, e.binary('Sub', e.scalar(bound), y)));

export function relu6(e: Emitter, x: Value): Value {
  if (x.dtype === 'float32') return clip(e, x, after(6));
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

/** Bounds whose next number differs from them by more than the smallest that counts. */
const isBound = (high: number): boolean => high > 1e-30 && Number.isFinite(high);

/** A number between two, as one pass where a ReLU is before it. */
export function clipByValue(e: Emitter, x: Value, low: number, high: number): Value {
  if (x.node?.op === 'Relu' && low <= 0 && isBound(high)) return clip(e, x.node.inputs[0]!, after(high));
  const [least, most] = x.dtype === 'int32' ? [whole(low), whole(high)] : [low, high];
  const raised = Number.isFinite(least) ? e.binary('Max', x, e.scalar(least, x.dtype)) : x;
  return Number.isFinite(most) ? e.binary('Min', raised, e.scalar(most, x.dtype)) : raised;
}

/** A bound as an int32: the losses of TensorFlow.js clip targets to `Number.MAX_VALUE`. */
const whole = (bound: number): number => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(bound)));

/** A product, in which the slopes of bounded ReLUs are found. */
export function multiply(e: Emitter, a: Value, b: Value): Value {
  for (const [rest, slopeOfRelu] of bothWays(a, b)) {
    const { node } = slopeOfRelu;
    if (!node || !isStep(node)) continue;
    const x = node.inputs[0]!;
    const six = compared(rest, 'LessOrEqual');
    if (six && six[0] === x && numberOf(six[1]) === 6) return slope(e, relu6(e, x), after(6));
    const within = betweenBounds(rest, x);
    if (within) return e.binary('Mul', within.dy, slope(e, clip(e, x, after(within.bound)), after(within.bound)));
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

/** The gradient of `clipByValue(relu(x), low ≤ 0, bound)`: `where(low ≤ relu(x) and relu(x) ≤ bound, dy, 0)`. */
function betweenBounds({ node }: Value, x: Value): { readonly dy: Value; readonly bound: number } | undefined {
  if (node?.op !== 'Where') return undefined;
  const [inside, dy, zero] = node.inputs as readonly Value[];
  if (inside.node?.op !== 'And' || numberOf(zero) !== 0 || dy.dtype !== 'float32') return undefined;
  const [above, below] = inside.node.inputs as readonly Value[];
  if (above.node?.op !== 'GreaterOrEqual' || below.node?.op !== 'LessOrEqual') return undefined;
  const [[one, low], [other, high]] = [above, below].map((v) => v.node!.inputs as readonly Value[]);
  const [lowest, bound] = [numberOf(low), numberOf(high)];
  if (one !== other || one.node?.op !== 'Relu' || one.node.inputs[0] !== x) return undefined;
  return lowest !== undefined && lowest <= 0 && bound && isBound(bound) ? { dy, bound } : undefined;
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
