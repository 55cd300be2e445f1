import { permutation } from '../data/indices.ts';
import { type ShapedSamples, TableSamples } from '../data/own/table-samples.ts';
import { areImages, isLabelled, subset } from '../data/subset.ts';
import { fault } from '../errors.ts';

/** A random part of `count` samples, the same for the same seed; all of them where there are no more. */
export function randomPart(samples: ShapedSamples, count: number | undefined, seed: number): ShapedSamples {
  if (count === undefined || count >= samples.length) return samples;
  const indices = permutation(samples.length, seed).subarray(0, count);
  if (samples instanceof TableSamples) return samples.part(indices);
  if (isLabelled(samples)) return areImages(samples) ? subset(samples, indices) : subset(samples, indices);
  throw fault({ wrong: 'a part of these samples cannot be taken', got: samples.name });
}
