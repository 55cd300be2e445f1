import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { extended, variableNamed } from './extended.ts';

export interface WeightDecay {
  /** λ: each step takes λ times the learning rate of each weight away. */
  readonly weightDecay: number;
  /** Whether the variable of that name decays; default all. Biases and the scales of normalisation often do not. */
  readonly decays?: (name: string) => boolean;
}

/**
 * The same optimizer with weight decay that is decoupled from the gradient: θ ← θ − ηλθ before its own step (Loshchilov
 * and Hutter, *Decoupled Weight Decay Regularization*, 2019, as PyTorch does it).
 * @throws UnequalError for a decay that is no number ≥ 0.
 *
 * @example
 * ```ts
 * model.compile({ optimizer: weightDecayed(tf.train.momentum(0.1, 0.9), { weightDecay: 5e-4 }), loss: 'meanSquaredError' });
 * ```
 */
export function decayed<O extends tf.Optimizer>(optimizer: O, { weightDecay, decays = () => true }: WeightDecay): O {
  if (!(weightDecay >= 0 && Number.isFinite(weightDecay))) {
    throw fault({ wrong: 'bad weightDecay', got: weightDecay, expected: 'a number ≥ 0' });
  }
  return extended(optimizer, (apply) => (gradients) => {
    tf.tidy(() => {
      // A tensor of its own, so that a compiled step knows it as the rate.
      const rate = tf.scalar((optimizer as unknown as { learningRate: number }).learningRate);
      for (const { name, tensor } of gradients) {
        if (!tensor || !decays(name)) continue;
        const variable = variableNamed(name);
        variable.assign(tf.sub(variable, tf.mul(variable, tf.mul(rate, tf.scalar(weightDecay)))));
      }
    });
    apply(gradients);
  });
}

/**
 * Adam with decoupled weight decay: `adamW(0.001, { weightDecay: 0.01 })`.
 *
 * @example
 * ```ts
 * model.compile({ optimizer: adamW(0.001, { weightDecay: 0.01 }), loss: 'meanSquaredError' });
 * ```
 */
export function adamW(learningRate = 0.001, options: Partial<WeightDecay> = {}): tf.AdamOptimizer {
  return decayed(tf.train.adam(learningRate), { weightDecay: 0.01, ...options });
}
