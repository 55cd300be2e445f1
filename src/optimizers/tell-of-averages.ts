import * as tf from '@tensorflow/tfjs';
import { averagesOf, type Trained } from './averaged.ts';

const told = new WeakSet<object>();
/** Averages that became the weights, times a total and divided by it, differ by less. */
const rounding = 1e-6;

/**
 * Says once for each model that the weights which are kept of it are not the averages that it was validated with.
 * @param use what keeps them, such as `saveModel`.
 */
export function tellOfAverages(model: Trained, use: string): void {
  const found = averagesOf(model);
  if (found === undefined || told.has(model)) return;
  const { averages, variables, total } = found;
  const differs = tf.tidy(() =>
    averages.some((average, k) => {
      const off = tf.max(tf.abs(tf.sub(tf.div(average, total), variables[k])));
      return off.dataSync()[0] > rounding * tf.max(tf.abs(variables[k])).dataSync()[0];
    }),
  );
  if (!differs) return;
  told.add(model);
  console.warn(
    `unequal: ${use} takes the weights as the last step left them; fit validates with their averages, which averaged keeps: for those, await withAverages(model, () => ${use}(model, …))`,
  );
}
