import { fault } from '../errors.ts';
import { greatest } from '../extent.ts';
import type { Learner } from '../learner/learner.ts';
import type { State } from '../methods/method.ts';
import type { Identity } from './identity.ts';
import type { PlacedSource } from './source.ts';

/**
 * Losses of a few samples: whoever computes others has another loss, other weights of samples, or other data. `null` where
 * the same samples cannot be had again.
 */
export async function probe(learner: Learner, source: PlacedSource, { data }: Identity): Promise<Float32Array | null> {
  const { checksums } = data as { checksums?: readonly State[] };
  if (!checksums?.every((one) => one !== null)) return null;
  const batch = await source.at(probed(source.length!));
  const { forward, backward } = learner.counters;
  const losses = learner.uniformOnly?.(batch)
    ? Float32Array.from((await learner.evaluate(batch)).metrics.slice(0, 1))
    : await learner.scores(batch, 'loss');
  // Samples that no step was made of.
  Object.assign(learner.counters, { forward, backward });
  return losses;
}

/** Samples whose scores are compared. */
export function probed(length: number): Int32Array {
  const count = Math.min(8, length);
  return Int32Array.from({ length: count }, (_, k) => Math.floor((k * length) / count));
}

/** @throws UnequalError if a process does not compute what the one that leads does, to a thousandth of the largest. */
export function checkProbe(own: Float32Array | null, theirs: State): void {
  if (own === null) return;
  const fits = theirs instanceof Float32Array && theirs.length === own.length;
  if (!fits) throw fault({ wrong: 'no scores to compare', got: theirs, expected: `${own.length} numbers` });
  const largest = Math.max(1e-6, greatest(theirs));
  for (let k = 0; k < own.length; k++) {
    if (Math.abs(own[k] - theirs[k]) <= 1e-3 * largest) continue;
    throw fault({
      wrong: 'this worker has another model',
      got: `a score of ${own[k]} where the master has ${theirs[k]}`,
      expected: 'the same scores by the same parameters',
      mend: 'give the worker the model, the loss, the weights of classes and samples and the data of the master',
    });
  }
}
