import { lead } from '../../src/report/lead.ts';
import type { Point } from './messages.ts';

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
