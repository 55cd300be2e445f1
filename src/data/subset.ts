import { fault } from '../errors.ts';
import { counted } from '../plural.ts';
import { checkIndices, type LabelledImages } from './images.ts';
import { permutation } from './indices.ts';
import type { LabelledSamples } from './labelled.ts';
import { passedOn, shownAs } from './passed-on.ts';
import type { Samples } from './samples.ts';

/** Whether samples have one class each. */
export function isLabelled(samples: Samples): samples is LabelledSamples {
  return 'labels' in samples && 'inputShape' in samples;
}

/** Whether they are images as well. */
export function areImages(samples: LabelledSamples): samples is LabelledImages {
  return 'image' in samples;
}

/**
 * The samples at `indices`, in that order; an index may come more than once, so this also repeats and unbalances data.
 * Only the indices (and labels) are held.
 *
 * @example
 * ```ts
 * const some = subset(samples, [0, 1, 2]);
 * ```
 */
export function subset<T extends LabelledImages>(samples: T, indices: ArrayLike<number>): LabelledImages;
export function subset<T extends LabelledSamples>(samples: T, indices: ArrayLike<number>): LabelledSamples;
export function subset(samples: Samples, indices: ArrayLike<number>): Samples;
export function subset(samples: Samples, indices: ArrayLike<number>): Samples {
  if (typeof samples?.batch !== 'function' || typeof indices !== 'object') {
    throw fault({
      wrong: 'no subset',
      got: typeof samples?.batch === 'function' ? indices : samples,
      expected: 'samples, and the indices of some',
    });
  }
  checkIndices(indices, samples.length);
  const length = indices.length;
  if (length === 0) throw fault({ wrong: 'A subset is empty', got: 'no indices', expected: 'one or more' });
  const map = Int32Array.from(indices);
  const lookUp = (wanted: ArrayLike<number>) => {
    checkIndices(wanted, length);
    const found = new Int32Array(wanted.length);
    for (let k = 0; k < found.length; k++) found[k] = map[wanted[k]];
    return found;
  };
  const batch: Samples['batch'] = (wanted) => samples.batch(lookUp(wanted));
  const asked = { length, batch, ...passedOn(samples, lookUp) };
  if (!isLabelled(samples)) return asked;
  const { name, inputShape, classes, classNames, labels } = samples;
  const own = new (labels instanceof Uint8Array ? Uint8Array : Uint16Array)(length);
  for (let i = 0; i < length; i++) own[i] = labels[map[i]];
  const at = (i: number) => lookUp([i])[0];
  const taken = {
    ...{ name, inputShape, classes, classNames, labels: own, ...asked },
    ...shownAs(samples, at),
  } as LabelledSamples;
  if (!areImages(samples)) return taken;
  const image: LabelledImages['image'] = (i) => samples.image(at(i));
  return { ...taken, image } as LabelledImages;
}

/**
 * Two disjoint random parts: `share` of the samples (rounded), and the rest; each in the order of the data set.
 *
 * @example
 * ```ts
 * const [training, held] = split(samples, 0.1, 1);
 * ```
 */
export function split<T extends LabelledImages>(
  samples: T,
  share: number,
  seed: number,
): [LabelledImages, LabelledImages];
export function split<T extends LabelledSamples>(
  samples: T,
  share: number,
  seed: number,
): [LabelledSamples, LabelledSamples];
export function split(samples: Samples, share: number, seed: number): [Samples, Samples];
export function split(samples: Samples, share: number, seed: number): [Samples, Samples] {
  const first = Math.round(share * samples.length);
  if (!(first > 0 && first < samples.length)) {
    throw fault({
      wrong: 'A split leaves one part empty',
      got: `a share of ${share} of ${counted(samples.length, 'sample')}`,
      expected: 'at least one sample in each part',
    });
  }
  const order = permutation(samples.length, seed);
  return [subset(samples, order.subarray(0, first).sort()), subset(samples, order.subarray(first).sort())];
}

/**
 * Every sample `times` times, one whole pass after another.
 *
 * @example
 * ```ts
 * const eight = repeat(samples, 8);
 * ```
 */
export function repeat<T extends LabelledImages>(samples: T, times: number): LabelledImages;
export function repeat<T extends LabelledSamples>(samples: T, times: number): LabelledSamples;
export function repeat(samples: Samples, times: number): Samples;
export function repeat(samples: Samples, times: number): Samples {
  if (!(Number.isInteger(times) && times > 0)) {
    throw fault({ wrong: 'Samples cannot be repeated', got: `${times} times`, expected: 'a whole number above 0' });
  }
  const { length } = samples;
  return subset(
    samples,
    Int32Array.from({ length: times * length }, (_, i) => i % length),
  );
}
