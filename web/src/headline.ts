import { lead } from '../../src/report/lead.ts';
import type { Point } from './messages.ts';

/**
 * The headline of a race: who came first to the lowest error that both have reached, within chance.
 *
 * @param name of the method that races against uniform sampling.
 * @param validation samples that the errors are counted on.
 */
export function headline(
  name: string,
  method: readonly Point[],
  uniform: readonly Point[],
  validation: number,
): string {
  const found = lead(method, uniform, validation);
  if (found === undefined) return 'The race begins …';
  const { error, one, other, together } = found;
  const percent = `${(100 * error).toFixed(1)} %`;
  if (together) return `Side by side: both came to ${percent} after ${Math.max(one, other).toFixed(1)} s`;
  const [ahead, behind] = one < other ? [name, 'uniform'] : ['uniform', name];
  const [early, late] = one < other ? [one, other] : [other, one];
  return `${ahead} is ${(late - early).toFixed(1)} s ahead: ${percent} after ${early.toFixed(1)} s, ${behind} after ${late.toFixed(1)} s`;
}
