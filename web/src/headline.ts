import { lead } from '../../src/report/lead.ts';
import { chanceOf, errorNoise } from '../../src/report/noise.ts';
import type { Point } from './messages.ts';

/** A standard error of the errors from which on nobody can tell who is ahead: so few samples are they counted on. */
const tooLarge = 0.1;

const percent = (error: number): string => `${(100 * error).toFixed(1)} %`;

/** What a side is called. @param method that races against uniform sampling, which may be the same. */
export const rivalOf = (method: string): string => (method === 'uniform' ? 'uniform again' : 'uniform');

/**
 * The headline of a race: who came first to the lowest error that both have reached, within chance; and where they stand,
 * if the one that was ahead has turned back since.
 *
 * @param name of the method that races against uniform sampling.
 * @param validation samples that the errors are counted on.
 * @param alike whether the method has trained uniformly so far.
 * @param ended whether it is all that there will be.
 */
export function headline(
  name: string,
  method: readonly Point[],
  uniform: readonly Point[],
  validation: number,
  alike = false,
  ended = false,
): string {
  const found = lead(method, uniform, (error) => chanceOf(error, validation));
  if (found === undefined) return 'The race begins …';
  const rival = rivalOf(name);
  const { error, one, other, together } = found;
  const [mine, its] = [method, uniform].map((points) => points.at(-1)!.error);
  const standing = `${name} ${percent(mine)}, ${rival} ${percent(its)}`;
  const now = `${ended ? 'at the end' : 'now'} ${standing}`;
  const chance = Math.max(chanceOf(mine, validation), chanceOf(its, validation));
  if (alike && ended)
    return `${name} never began: both trained uniformly, and differ by chance. At the end ${standing}`;
  if (alike) return `${name} has not begun: both train uniformly. Now ${standing}`;
  if (chance > tooLarge) return `Too few pictures to tell who is ahead: ${standing}`;
  const differ = Math.abs(mine - its) > errorNoise(mine, its, validation);
  if (together) {
    const turned = differ && Math.max(mine, its) > error;
    return `Side by side: both came to ${percent(error)} or less after ${seconds(Math.max(one, other))}${turned ? `; ${now}` : ''}`;
  }
  const [ahead, behind] = one < other ? [name, rival] : [rival, name];
  const [early, late] = one < other ? [one, other] : [other, one];
  const turned = differ && one < other === mine > its;
  const said = `${seconds(late - early)} ahead: ${percent(error)} or less after ${seconds(early)}, ${behind} after ${seconds(late)}`;
  return turned ? `${ahead} was ${said}; ${now}` : `${ahead} is ${said}`;
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;
