import { lead } from '../../src/report/lead.ts';
import { type Point, pointsPerRace } from './messages.ts';

export interface HeadlineOptions {
  /** Seconds that the race takes. */
  readonly seconds: number;
  /** Samples that the errors are counted on. */
  readonly validation: number;
}

/**
 * The headline of a race: who came first to the lowest error that both have reached, or within a standard error of it. Where
 * the curves have become flat, chance says which of their points is the lowest, and when.
 *
 * @param name of the method that races against uniform sampling.
 */
export function headline(
  name: string,
  method: readonly Point[],
  uniform: readonly Point[],
  { seconds, validation }: HeadlineOptions,
): string {
  const lowest = lead(method, uniform)?.error;
  if (lowest === undefined) return 'The race begins …';
  // One sample at least.
  const error = lowest + Math.sqrt((lowest * (1 - lowest)) / validation + 1 / validation ** 2);
  const [one, other] = [method, uniform].map((points) => points.find((point) => point.error <= error)?.seconds ?? 0);
  const percent = `${(100 * error).toFixed(1)} %`;
  const gap = Math.abs(other - one);
  // Between two validations nobody knows when an error was reached.
  if (gap < (1.5 * seconds) / pointsPerRace)
    return `Side by side: both came to ${percent} after ${Math.max(one, other).toFixed(1)} s`;
  const [ahead, behind] = one < other ? [name, 'uniform'] : ['uniform', name];
  const [early, late] = one < other ? [one, other] : [other, one];
  return `${ahead} is ${gap.toFixed(1)} s ahead: ${percent} after ${early.toFixed(1)} s, ${behind} after ${late.toFixed(1)} s`;
}
