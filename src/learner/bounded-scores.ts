import * as tf from '@tensorflow/tfjs';
import { withoutAssigning } from './assigning.ts';
import type { BatchTensors, Objective } from './objective.ts';

/** Samples that are tried. */
const most = 8;

/**
 * Whether the score of a sample has a bound: that of a cross-entropy has, however wrong an answer is, and that of a squared error grows with
 * the distance. Tried on some targets of a batch with pre-activations that are made up, near and far; `true` where nothing can be tried.
 */
export function hasBoundedScores(objective: Objective, { ys }: BatchTensors): boolean {
  const { heads } = objective;
  if (heads === undefined) return true;
  const rows = Math.min(most, ys[0].shape[0]);
  const targets = ys.map((target) => tf.slice(target, 0, rows));
  const unit = Math.max(1, ...targets.map(largestOf));
  const score = (distance: number): number => {
    const z = heads.map(({ shapes }, k) =>
      shapes.map((shape) => {
        const known = shape.map((d, i) => (i === 0 ? rows : (d ?? ys[k].shape[i] ?? 1)));
        return tf.randomNormal(known, 0, distance * unit, 'float32', 1);
      }),
    );
    return largestOf(objective.upperBound(z, targets));
  };
  try {
    return tf.tidy(() => withoutAssigning(() => score(20) <= 2 * Math.max(score(1), score(3))));
  } catch {
    return true;
  }
}

const largestOf = (tensor: tf.Tensor): number => tf.max(tf.abs(tensor)).dataSync()[0];
