import { greatest, least } from '../extent.ts';
import { count, duration, many } from './format.ts';
import { type HeldOut, type Judge, judgeOf } from './judged-by.ts';
import { neverOn } from './never-on.ts';
import { uniformOf } from './noise.ts';
import { type MethodRecord, stepsOf } from './record.ts';
import type { Sentence } from './sentence.ts';

/** A validation error, or a loss, and the seconds of training it was measured at. */
export interface ErrorPoint {
  readonly seconds: number;
  readonly error: number;
}

/** The lowest error that both have reached, and the seconds each took to be first at it, within chance. */
export interface Lead {
  readonly lowest: number;
  /** That, and what chance adds to it. */
  readonly error: number;
  readonly one: number;
  readonly other: number;
  /** Whether they are as little apart as two measurements of a curve: nobody knows when between them it was reached. */
  readonly together: boolean;
}

/** Measurements of a curve that two times have to be apart to count as different. */
const apart = 1.5;

/**
 * How far one is ahead of the other: at the lowest error that both have reached, or within chance of it. Where the curves
 * have become flat, chance says which of their points is the lowest, and when.
 *
 * @param chance by how much an error goes up and down by chance.
 * @returns undefined where one has not been validated after its first step, or never had a number.
 * @example lead(points, uniform) // { lowest: 0.068, error: 0.068, one: 2, other: 4, together: false }: two seconds ahead
 */
export function lead(
  one: readonly ErrorPoint[],
  other: readonly ErrorPoint[],
  chance: (error: number) => number = () => 0,
): Lead | undefined {
  const curves = [one, other].map((points) => points.filter(({ error }) => Number.isFinite(error)));
  if (curves.some((points) => points.length < 2)) return undefined;
  const lowest = greatest(curves.map((points) => least(points.map(({ error }) => error))));
  const error = lowest + chance(lowest);
  const [mine, its] = curves.map((points) => points.find((point) => point.error <= error)?.seconds ?? 0);
  const between = greatest(curves.map((points) => (points.at(-1)?.seconds ?? 0) / (points.length - 1)));
  return { lowest, error, one: mine, other: its, together: Math.abs(its - mine) < apart * between };
}

/** What a recorded method is judged by, over its time. */
const curveOf = ({ points }: MethodRecord, { key }: Judge): ErrorPoint[] =>
  points.flatMap(({ seconds, [key]: error }) => (error === undefined ? [] : [{ seconds, error }]));

/** Whether the last number that it is judged by is none. */
const isLost = ({ points }: MethodRecord, { key }: Judge) => {
  const error = points.at(-1)?.[key];
  return error !== undefined && !Number.isFinite(error);
};

const alike = (method: MethodRecord, uniform: MethodRecord) =>
  `${method.name} was never on: both trained uniformly, ${method.name} ${many(stepsOf(method), 'step')} and uniform ${count(stepsOf(uniform))}`;

/** Where the two stand by now, if by more than the noise apart: a level that both came to says nothing of what followed. */
function endOf(method: MethodRecord, uniform: MethodRecord, judge: Judge, size = 0): string {
  const verdict = judge.compare(method.points, uniform.points, size)?.verdict;
  if (verdict !== 'better' && verdict !== 'worse') return '';
  const [mine, its] = [method, uniform].map(({ points }) => judge.text(points.at(-1)?.[judge.key]));
  return ` (last measured: ${method.name} ${mine}, uniform ${its})`;
}

/**
 * How many seconds ahead of uniform each method was, a clause for each; nothing where there is none to compare.
 *
 * @param size samples of the test set.
 */
export function leadSentence(methods: readonly MethodRecord[], size?: number, heldOut?: HeldOut): Sentence | undefined {
  const uniform = uniformOf(methods);
  const judge = judgeOf(methods, heldOut);
  if (uniform === undefined || judge === undefined || isLost(uniform, judge)) return undefined;
  // Who was ahead comes first, and who trained uniformly last.
  const ordered = [...methods].sort((a, b) => Number(neverOn(a)) - Number(neverOn(b)));
  const clauses = ordered.flatMap((method) => {
    // Where it was before it was lost says nothing of where it came to.
    if (isLost(method, judge)) return [`${method.name} ended without a number`];
    if (method === uniform || method.result?.failed) return [];
    // What differs is the time that its steps took, and chance.
    if (neverOn(method)) return [alike(method, uniform)];
    const chance = judge.chance([method.points, uniform.points], size);
    const found = lead(curveOf(method, judge), curveOf(uniform, judge), chance);
    if (found === undefined) return [];
    const { lowest, error, one, other, together } = found;
    const [level, best] = [error, lowest].map((value) => judge.text(value));
    // No point of a curve need be at the level itself.
    const at = `a ${judge.name} of ${level}${level === best ? '' : ` or less (${best} and ${judge.margin})`}`;
    const ended = endOf(method, uniform, judge, size);
    if (together)
      return [`${method.name} and uniform reached ${at} side by side, after ${duration(Math.max(one, other))}${ended}`];
    const place = one < other ? 'ahead of' : 'behind';
    return [
      `${method.name} is ${duration(Math.abs(other - one))} ${place} uniform: ${at} after ${duration(one)}, uniform after ${duration(other)}${ended}`,
    ];
  });
  return clauses.length === 0 ? undefined : { clauses };
}
