import type { Samples } from './samples.ts';

/** What samples made of others do when told what is asked for next: they tell those, where these want to know. */
export function soonOf(
  samples: Samples,
  map: (indices: ArrayLike<number>) => ArrayLike<number> = (indices) => indices,
): Pick<Samples, 'soon'> {
  return samples.soon === undefined ? {} : { soon: (indices) => samples.soon!(map(indices)) };
}
