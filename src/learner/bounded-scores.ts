import * as tf from '@tensorflow/tfjs';
import { withoutAssigning } from './assigning.ts';
import type { BatchTensors, Objective } from './objective.ts';

/** Samples that are tried, and numbers of their pre-activations, at most. */
const mostRows = 8;
const mostNumbers = 100_000;

/**
 * Whether the score of a sample has a bound: that of a cross-entropy has, however wrong an answer is, and that of a squared error grows with
 * the distance. Tried on some targets of a batch with pre-activations that are made up, near and far; `true` where nothing can be tried.
 */
export function hasBoundedScores(objective: Objective, { ys }: BatchTensors): boolean {
  const { heads } = objective;
  if (heads === undefined) return true;
  const sizeOf = (shape: tf.Shape) => shape.slice(1).reduce<number>((size, d) => size * (d ?? 1), 1);
  const numbers = heads.flatMap(({ shapes }) => shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);
  const rows = Math.min(mostRows, ys[0].shape[0], Math.max(1, Math.floor(mostNumbers / numbers)));
  const isBounded = (): boolean => {
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
    return score(20) <= 2 * Math.max(score(1), score(3));
  };
  try {
    return tf.tidy(() => withoutAssigning(isBounded));
  } catch {
    return true;
  }
}

const largestOf = (tensor: tf.Tensor): number => tf.max(tf.abs(tensor)).dataSync()[0];
