import { fault } from '../errors.ts';
import { type LabelledImages, oneHot } from './images.ts';
import type { LabelledBatch, LabelledSamples, ShapedSamples } from './labelled.ts';
import { passedOn, shownAs } from './passed-on.ts';
import { areImages } from './subset.ts';

/**
 * The same samples with other labels.
 *
 * @example
 * ```ts
 * const { train } = await loadData('mnist');
 * const corrected = relabelled(train, new Map([[26376, 2]])); // sample 26376 is a 2
 * ```
 *
 * @param samples may have numbers for targets by their type, as those of `ownData`, but not in fact.
 * @param changes the new class of samples, by their index.
 * @throws UnequalError for samples without labels, and for an index or a class that there is not.
 */
export function relabelled<T extends LabelledImages>(samples: T, changes: ReadonlyMap<number, number>): LabelledImages;
export function relabelled<T extends LabelledSamples>(
  samples: T,
  changes: ReadonlyMap<number, number>,
): LabelledSamples;
export function relabelled(samples: ShapedSamples, changes: ReadonlyMap<number, number>): LabelledSamples;
export function relabelled(samples: ShapedSamples, changes: ReadonlyMap<number, number>): LabelledSamples {
  if (!areLabelled(samples)) {
    const got = samples === undefined ? 'nothing' : 'samples without labels';
    throw fault({
      wrong: 'nothing to relabel',
      got,
      expected: 'samples with labels, such as those of ownData or loadData',
    });
  }
  const { name, inputShape, classes, classNames, length } = samples;
  const labels = changedLabels(samples.labels, changes, classes);
  const batch = async (indices: ArrayLike<number>): Promise<LabelledBatch> => ({
    ...(await samples.batch(indices)),
    ys: oneHot(labels, indices, classes),
  });
  return {
    ...{ name, inputShape, classes, classNames, length, labels, batch },
    ...passedOn(samples),
    ...shownAs(samples),
    ...(areImages(samples) && { image: (i: number) => samples.image(i) }),
  };
}

function areLabelled(samples: ShapedSamples): samples is LabelledSamples {
  return ArrayBuffer.isView(samples?.labels);
}

/** A copy of labels with some of them changed. @throws UnequalError for an index or a class that there is not. */
export function changedLabels<T extends Uint8Array | Uint16Array>(
  labels: T,
  changes: ReadonlyMap<number, number>,
  classes: number,
): T {
  const changed = labels.slice() as T;
  for (const [index, label] of changes) {
    const wrong = (what: string, got: number, end: number) =>
      fault({ wrong: `no such ${what}`, got, expected: `0 to ${end - 1}` });
    if (!(Number.isInteger(index) && index >= 0 && index < labels.length)) {
      throw wrong('sample', index, labels.length);
    }
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) throw wrong('class', label, classes);
    changed[index] = label;
  }
  return changed;
}
