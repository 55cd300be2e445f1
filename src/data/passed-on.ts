import { type LabelledSamples, originOf, type Shown } from './labelled.ts';
import type { Samples } from './samples.ts';

/**
 * What samples made of others have of these: when told what is asked for next they tell those, where these want to know, and
 * they are as pure, and samples are called as they are there.
 */
export function passedOn(
  samples: Samples,
  map: (indices: ArrayLike<number>) => ArrayLike<number> = (indices) => indices,
): Pick<Samples, 'soon' | 'pure' | 'place'> {
  return {
    ...(samples.soon && { soon: (indices) => samples.soon!(map(indices)) }),
    ...(samples.pure && { pure: true }),
    ...(typeof samples.place === 'function' && { place: (index) => samples.place!(map([index])[0]) }),
  };
}

/** What samples made of others are shown by: what those are, of which each is made. */
export function shownAs(samples: LabelledSamples, map: (index: number) => number = (index) => index): Shown {
  const origin = originOf(samples);
  return {
    origin: { of: origin.of, length: origin.length, at: (index) => origin.at(map(index)) },
    ...(samples.text && { text: (index: number) => samples.text!(map(index)) }),
    ...(samples.file && { file: (index: number) => samples.file!(map(index)) }),
  };
}
