import * as tf from '@tensorflow/tfjs';
import { greatest } from '../extent.ts';
import { withoutAssigning } from './assigning.ts';
import { lossNames } from './model.ts';
import type { BatchTensors, Objective } from './objective.ts';

/** Samples that are tried, and numbers of their pre-activations, at most. */
const mostRows = 8;
const mostNumbers = 50_000;

/** TensorFlow.js's own whose scores have one: nothing has to be tried. */
const bounded: ReadonlySet<string | undefined> = new Set([
  'categoricalCrossentropy',
  'sparseCategoricalCrossentropy',
  'binaryCrossentropy',
]);

/** How far from 0 pre-activations are: near, and far, or less far where a loss has no number there. */
const near = [1, 2];
const far = [20, 6];
/** A score that grows with the distance is larger by more than this. */
const grown = 2;

/**
 * Whether the score of a sample has a bound: that of a cross-entropy has, however wrong an answer is, and that of a squared error grows with
 * the distance. Tried on some targets of a batch with pre-activations that are made up; `true` where nothing can be tried. A model without
 * pre-activations is scored by its losses, which have none.
 */
export function hasBoundedScores(objective: Objective, { ys }: BatchTensors): boolean {
  const { heads } = objective;
  if (heads === undefined) return false;
  if (lossNames(objective.model).every((name) => bounded.has(name))) return true;
  const isBounded = (): boolean => {
    const [size] = ys[0].shape;
    const all = heads.flatMap(({ shapes }) => shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);
    const count = Math.min(mostRows, size, Math.max(1, Math.floor(mostNumbers / all)));
    const rows = Array.from({ length: count }, (_, k) => Math.floor((k * size) / count));
    const targets = ys.map((target) => tf.gather(target, rows));
    const unit = Math.max(1, greatest(targets.flatMap((target) => finite(tf.abs(target)))));
    const scores = (distance: number): number[] => {
      const z = heads.map(({ shapes }, k) =>
        shapes.map((shape) => {
          const known = shape.map((d, i) => (i === 0 ? count : (d ?? ys[k].shape[i] ?? 1)));
          return tf.randomNormal(known, 0, distance * unit, 'float32', 1);
        }),
      );
      return finite(objective.upperBound(z, targets));
    };
    const usual = greatest(near.flatMap(scores));
    const reached = far.map(scores).find((found) => found.length > 0);
    return reached === undefined || greatest(reached) <= grown * usual;
  };
  try {
    return tf.tidy(() => withoutAssigning(isBounded));
  } catch {
    return true;
  }
}

const sizeOf = (shape: tf.Shape): number => shape.slice(1).reduce<number>((size, d) => size * (d ?? 1), 1);

const finite = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync(), Number).filter(Number.isFinite);
