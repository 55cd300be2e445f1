import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';

/**
 * Checks that what `makeModel` makes is new each time: models that share an optimizer share its slots and its rate, and those
 * that share weights train each other.
 *
 * @param what whose models they are.
 * @throws UnequalError if two of them share the optimizer or a weight that is trained.
 */
export function requireFresh(what: string, models: readonly tf.LayersModel[]): void {
  for (const [k, model] of models.entries()) {
    for (const other of models.slice(0, k)) {
      const shared = sharedBy(model, other);
      if (shared === undefined) continue;
      throw fault({
        wrong: `two models of ${what} have the same ${shared}`,
        expected: 'a makeModel that makes all that is trained anew at each call',
        mend: `make the ${shared.split(' ')[0]} within makeModel`,
      });
    }
  }
}

function sharedBy(model: tf.LayersModel, other: tf.LayersModel): string | undefined {
  if (model === other) return 'model';
  const weights = new Set(other.trainableWeights);
  const weight = model.trainableWeights.find((one) => weights.has(one));
  if (weight !== undefined) return `layer (its weight ${weight.name})`;
  return model.optimizer !== undefined && model.optimizer === other.optimizer ? 'optimizer' : undefined;
}
