import { unknownName } from '../nearest.ts';
import type { Resampler } from './draw.ts';
import { multinomial } from './multinomial.ts';
import { systematic } from './systematic.ts';
import { withoutReplacement } from './without-replacement.ts';

export const resamplers = {
  multinomial,
  systematic,
  'without-replacement': withoutReplacement,
} satisfies Record<string, Resampler>;

export type ResamplerName = keyof typeof resamplers;

/** @throws UnequalError with the nearest name where there is no such resampler. */
export function resampler(name: ResamplerName): Resampler {
  if (!Object.hasOwn(resamplers, name)) throw unknownName('resampler', name, Object.keys(resamplers));
  return resamplers[name];
}
