import { least } from '../extent.ts';
import { duration, percent } from './format.ts';
import { uniformOf } from './noise.ts';
import type { MethodRecord } from './record.ts';

/** A validation error, and the seconds of training it was measured at. */
export interface ErrorPoint {
  readonly seconds: number;
  readonly error: number;
}

/** The lowest error that both have reached, and the seconds each took to reach it first. */
export interface Lead {
  readonly error: number;
  readonly one: number;
  readonly other: number;
}

/**
 * How far one is ahead of the other: at the lowest error that both have reached. Undefined where one has not been
 * validated after its first step, or never had a number.
 *
 * @example lead(points, uniform) // { error: 0.06, one: 2, other: 3 }: one second ahead
 */
export function lead(one: readonly ErrorPoint[], other: readonly ErrorPoint[]): Lead | undefined {
  const [mine, its] = [one, other].map((points) => points.filter(({ error }) => Number.isFinite(error)));
  if (mine.length < 2 || its.length < 2) return undefined;
  const lowest = (points: readonly ErrorPoint[]) => least(points.map(({ error }) => error));
  const error = Math.max(lowest(mine), lowest(its));
  const first = (points: readonly ErrorPoint[]) => points.find((point) => point.error <= error)?.seconds ?? 0;
  return { error, one: first(mine), other: first(its) };
}

/** The test errors of a recorded method. */
export const errorsOf = ({ points }: MethodRecord): ErrorPoint[] =>
  points.flatMap(({ seconds, testError }) => (testError === undefined ? [] : [{ seconds, error: testError }]));

/** Seconds of training by which it was sooner than uniform at the lowest test error that both reached. */
export function aheadOf(method: MethodRecord, uniform: MethodRecord): number | undefined {
  const found = lead(errorsOf(method), errorsOf(uniform));
  return found && found.other - found.one;
}

/** Whether its last test error is no number. */
const isLost = ({ points }: MethodRecord) => {
  const error = points.at(-1)?.testError;
  return error !== undefined && !Number.isFinite(error);
};

/** How many seconds ahead of uniform each method was, a clause for each; nothing where there is none to compare. */
export function leadSentence(methods: readonly MethodRecord[]): string | undefined {
  const uniform = uniformOf(methods);
  if (uniform === undefined || isLost(uniform)) return undefined;
  const clauses = methods.flatMap((method) => {
    // Where it was before it was lost says nothing of where it came to.
    if (isLost(method)) return [`${method.name} ended without a number`];
    const found = method === uniform || method.result?.failed ? undefined : lead(errorsOf(method), errorsOf(uniform));
    if (found === undefined) return [];
    const { error, one, other } = found;
    const gap = Math.abs(other - one);
    const at = `a test error of ${percent(error)}`;
    // What is not seen in the times as they are written is no difference.
    if (duration(one) === duration(other))
      return [`${method.name} and uniform reached ${at} together, after ${duration(one)}`];
    const place = one < other ? 'ahead of' : 'behind';
    return [
      `${method.name} is ${duration(gap)} ${place} uniform: ${at} after ${duration(one)}, uniform after ${duration(other)}`,
    ];
  });
  return clauses.length === 0 ? undefined : `${clauses.join('; ')}.`;
}
