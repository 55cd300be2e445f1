import { unknownName } from '../nearest.ts';
import type { Resampler } from './draw.ts';
import { multinomial } from './multinomial.ts';
import { systematic } from './systematic.ts';
import { withoutReplacement } from './without-replacement.ts';

/**
 * The ways to draw b of B samples, by name.
 *
 * @example
 * ```ts
 * console.log(Object.keys(resamplers));
 * ```
 */
export const resamplers = {
  multinomial,
  systematic,
  'without-replacement': withoutReplacement,
} satisfies Record<string, Resampler>;

/** Names of the resamplers. */
export type ResamplerName = keyof typeof resamplers;

/**
 * The resampler of that name.
 *
 * @throws UnequalError with the nearest name where there is no such resampler.
 *
 * @example
 * ```ts
 * const { rows, weights } = resampler('systematic')([0.25, 0.75], 2, new Random(1));
 * ```
 */
export function resampler(name: ResamplerName): Resampler {
  if (!Object.hasOwn(resamplers, name)) throw unknownName('resampler', name, Object.keys(resamplers));
  return resamplers[name];
}
