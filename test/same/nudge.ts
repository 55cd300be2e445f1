/** Moves a model by rounding errors: how far a program goes elsewhere for these alone. */
import * as tf from '@tensorflow/tfjs';
import { noise } from './program.ts';

export interface Nudge {
  /** How far the weights are moved, relative to themselves. */
  readonly rounding: number;
  /** In which of several directions. */
  readonly seed: number;
}

/** Moves each weight by about as much as `rounding`, relative to itself, in a direction of its own. */
export function nudged(model: tf.LayersModel, { rounding, seed }: Nudge): void {
  tf.tidy(() =>
    model.setWeights(
      model.getWeights().map((w, k) =>
        w.add(
          w
            .abs()
            .add(rounding)
            .mul(noise(w.shape, 10 * seed + k, rounding)),
        ),
      ),
    ),
  );
}
