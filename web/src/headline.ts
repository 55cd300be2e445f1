import type { Point } from './messages.ts';

/** The lowest error that both have reached, and the seconds each took to reach it first. */
export interface Lead {
  readonly error: number;
  readonly one: number;
  readonly other: number;
}

/** How far one is ahead of the other, where both have been validated after their first step. */
export function lead(one: readonly Point[], other: readonly Point[]): Lead | undefined {
  if (one.length < 2 || other.length < 2) return undefined;
  const least = (points: readonly Point[]) => Math.min(...points.map(({ error }) => error));
  const error = Math.max(least(one), least(other));
  const first = (points: readonly Point[]) => points.find((point) => point.error <= error)?.seconds ?? 0;
  return { error, one: first(one), other: first(other) };
}

/** The headline of a race. @param name of the method that races against uniform sampling. */
export function headline(name: string, method: readonly Point[], uniform: readonly Point[]): string {
  const found = lead(method, uniform);
  if (found === undefined) return 'The race begins …';
  const { error, one, other } = found;
  const percent = `${(100 * error).toFixed(1)} %`;
  const gap = Math.abs(other - one);
  if (gap < 0.15) return `Side by side: both reached ${percent} after ${one.toFixed(1)} s`;
  const [ahead, behind] = one < other ? [name, 'uniform'] : ['uniform', name];
  const [early, late] = one < other ? [one, other] : [other, one];
  return `${ahead} is ${gap.toFixed(1)} s ahead: ${percent} after ${early.toFixed(1)} s, ${behind} after ${late.toFixed(1)} s`;
}
