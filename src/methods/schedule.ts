import { fault } from '../errors.ts';
import type { Schedule } from './method.ts';

/**
 * Divides the learning rate by `factor` at each share of the budget in `at`: by 5 at 40 % and 80 % in the paper's image
 * experiments (section 4.2), whether the budget is epochs or seconds.
 */
export function stepDecay(at: readonly number[] = [0.4, 0.8], factor = 5): Schedule {
  if (!at.every((share) => share >= 0 && share <= 1) || !(factor > 0)) {
    throw fault({
      wrong: 'bad step decay',
      got: `${factor} at ${at.join(', ')}`,
      expected: 'shares in [0, 1], a factor > 0',
    });
  }
  return (progress) => factor ** -at.filter((share) => progress >= share).length;
}

/** From 1 to 0 along half a cosine (Loshchilov & Hutter, SGDR, 2017, eq. 5). */
export function cosineDecay(): Schedule {
  return (progress) => (1 + Math.cos(Math.PI * Math.min(1, progress))) / 2;
}
