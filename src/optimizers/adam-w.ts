import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { type Checks, checkedOptions, positive, range, when } from '../options.ts';
import { extended, variableNamed } from './extended.ts';
import { keptRate } from './kept-rate.ts';

/** How weights decay. */
export interface WeightDecay {
  /** λ: each step takes λ times the learning rate of each weight away. */
  readonly weightDecay: number;
  /** Whether the variable of that name decays; default all. Biases and the scales of normalisation often do not. */
  readonly decays?: (name: string) => boolean;
}

const checks: Checks<WeightDecay> = {
  weightDecay: range(0),
  decays: when((value) => typeof value === 'function', 'a function of the name of a variable'),
};

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
export function decayed<O extends tf.Optimizer>(optimizer: O, options: WeightDecay): O {
  const { weightDecay, decays = () => true } = checkedOptions('weightDecayed', options, checks);
  checks.weightDecay('weightDecay of weightDecayed', weightDecay);
  if ((optimizer as unknown as { learningRate: unknown }).learningRate === undefined) {
    throw fault({
      wrong: 'an optimizer without a learning rate cannot decay',
      got: 'no field learningRate',
      expected: 'one',
    });
  }
  return extended(optimizer, { name: 'weightDecayed', options: { weightDecay } }, (apply) => (gradients) => {
    tf.tidy(() => {
      // What the step is made with: of sgd and momentum the scalar that they keep. A tensor, so that a compiled step knows it.
      const kept = keptRate(optimizer);
      const { learningRate } = optimizer as unknown as { learningRate: tf.Scalar | number };
      const rate = kept ? tf.neg(kept) : typeof learningRate === 'number' ? tf.scalar(learningRate) : learningRate;
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
  positive('learning rate of adamW', learningRate ?? 0.001);
  const given = checkedOptions('adamW', options, checks);
  return decayed(tf.train.adam(learningRate ?? undefined), { ...given, weightDecay: given.weightDecay ?? 0.01 });
}
