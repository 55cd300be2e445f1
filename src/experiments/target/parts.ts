import {
  augmented,
  type LabelledImages,
  type LabelledSamples,
  permutation,
  type Samples,
  subset,
} from '../../data/index.ts';
import type { WorkloadData } from './workload.ts';

/** Samples of validation and test where all are to be few; there are five times as many to train on. */
const few = 160;

/**
 * Training, validation and test part. The validation samples are drawn from `all` once and for ever; of the test samples at
 * most `most` are looked at.
 */
export function parts(
  all: LabelledSamples,
  test: LabelledSamples,
  { validation, most = validation, few: isFew }: { validation: number; most?: number; few: boolean },
): { train: LabelledSamples; validation: LabelledSamples; test: LabelledSamples } {
  const order = permutation(all.length, 1);
  const held = isFew ? few : validation;
  const trained = order.subarray(held, isFew ? 6 * few : undefined);
  const tested = permutation(test.length, 1).subarray(0, Math.min(isFew ? few : most, test.length));
  return {
    train: subset(all, trained.slice().sort()),
    validation: subset(all, order.slice(0, held).sort()),
    test: subset(test, tested.slice().sort()),
  };
}

/** The same training samples for every run. */
export function asTheyAre({ train, ...rest }: { train: Samples; validation: Samples; test: Samples }): WorkloadData {
  return { train: () => train, ...rest };
}

/** Views of an image before they repeat. */
const views = 64;

/**
 * Images that are shifted and mirrored anew each time they are asked for: sample i stays image i, so that what is known of
 * it by its index stays known.
 */
export function augmentedAnew(
  images: LabelledImages,
  options: { flip: boolean; shift?: number; erase?: number; seed: number },
): Samples {
  const all = augmented(images, { copies: views, ...options });
  const times = new Uint8Array(images.length);
  return {
    length: images.length,
    batch: (indices) => all.batch(Int32Array.from(indices, (i) => i + images.length * (times[i]++ % views))),
  };
}
