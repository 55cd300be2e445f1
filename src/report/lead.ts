import { greatest, least } from '../extent.ts';
import { duration, percent } from './format.ts';
import { uniformOf } from './noise.ts';
import type { MethodRecord } from './record.ts';

/** A validation error, and the seconds of training it was measured at. */
export interface ErrorPoint {
  readonly seconds: number;
  readonly error: number;
}

/** An error that both have reached, and the seconds each took to reach it first. */
export interface Lead {
  readonly error: number;
  readonly one: number;
  readonly other: number;
  /** Whether they are as little apart as two measurements of a curve: nobody knows when between them it was reached. */
  readonly together: boolean;
}

/** The standard error of an error that is counted on `size` samples; one sample at least. */
export const chanceOf = (error: number, size: number): number =>
  Math.sqrt((error * (1 - error)) / size + 1 / size ** 2);

/** Measurements of a curve that two times have to be apart to count as different. */
const apart = 1.5;

/**
 * How far one is ahead of the other: at the lowest error that both have reached, or within a standard error of it. Where
 * the curves have become flat, chance says which of their points is the lowest, and when.
 *
 * @param size samples that the errors are counted on; where it is not known, nothing is added for chance.
 * @returns undefined where one has not been validated after its first step, or never had a number.
 * @example lead(points, uniform, 1000) // { error: 0.068, one: 2, other: 4, together: false }: two seconds ahead
 */
export function lead(one: readonly ErrorPoint[], other: readonly ErrorPoint[], size?: number): Lead | undefined {
  const curves = [one, other].map((points) => points.filter(({ error }) => Number.isFinite(error)));
  if (curves.some((points) => points.length < 2)) return undefined;
  const lowest = greatest(curves.map((points) => least(points.map(({ error }) => error))));
  const error = lowest + (size ? chanceOf(lowest, size) : 0);
  const [mine, its] = curves.map((points) => points.find((point) => point.error <= error)?.seconds ?? 0);
  const between = greatest(curves.map((points) => (points.at(-1)?.seconds ?? 0) / (points.length - 1)));
  return { error, one: mine, other: its, together: Math.abs(its - mine) < apart * between };
}

/** The test errors of a recorded method. */
const errorsOf = ({ points }: MethodRecord): ErrorPoint[] =>
  points.flatMap(({ seconds, testError }) => (testError === undefined ? [] : [{ seconds, error: testError }]));

/** Whether its last test error is no number. */
const isLost = ({ points }: MethodRecord) => {
  const error = points.at(-1)?.testError;
  return error !== undefined && !Number.isFinite(error);
};

/**
 * How many seconds ahead of uniform each method was, a clause for each; nothing where there is none to compare.
 *
 * @param size samples of the test set.
 */
export function leadSentence(methods: readonly MethodRecord[], size?: number): string | undefined {
  const uniform = uniformOf(methods);
  if (uniform === undefined || isLost(uniform)) return undefined;
  const clauses = methods.flatMap((method) => {
    // Where it was before it was lost says nothing of where it came to.
    if (isLost(method)) return [`${method.name} ended without a number`];
    if (method === uniform || method.result?.failed) return [];
    const found = lead(errorsOf(method), errorsOf(uniform), size);
    if (found === undefined) return [];
    const { error, one, other, together } = found;
    const at = `a test error of ${percent(error)}`;
    if (together)
      return [`${method.name} and uniform reached ${at} side by side, after ${duration(Math.max(one, other))}`];
    const place = one < other ? 'ahead of' : 'behind';
    return [
      `${method.name} is ${duration(Math.abs(other - one))} ${place} uniform: ${at} after ${duration(one)}, uniform after ${duration(other)}`,
    ];
  });
  return clauses.length === 0 ? undefined : `${clauses.join('; ')}.`;
}
