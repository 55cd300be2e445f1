import type { Samples } from './samples.ts';

/**
 * What samples made of others have of these: when told what is asked for next they tell those, where these want to know, and
 * they are as pure.
 */
export function passedOn(
  samples: Samples,
  map: (indices: ArrayLike<number>) => ArrayLike<number> = (indices) => indices,
): Pick<Samples, 'soon' | 'pure'> {
  return {
    ...(samples.soon && { soon: (indices) => samples.soon!(map(indices)) }),
    ...(samples.pure && { pure: true }),
  };
}
