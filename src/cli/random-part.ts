import type { LabelledImages } from '../data/images.ts';
import { permutation } from '../data/indices.ts';
import { subset } from '../data/subset.ts';

/** A random part of `count` samples, the same for the same seed; all of them where there are no more. */
export function randomPart<T extends LabelledImages>(
  samples: T,
  count: number | undefined,
  seed: number,
): LabelledImages {
  if (count === undefined || count >= samples.length) return samples;
  return subset(samples, permutation(samples.length, seed).subarray(0, count));
}
