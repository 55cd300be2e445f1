import * as tf from '@tensorflow/tfjs';
import type { Parameters } from '../../learner/learner.ts';
import { allVariables, type CompiledModel, trainableVariables } from '../../learner/model.ts';

/**
 * A model as one list of numbers: its trainable parameters, or their gradient, and after them its statistics, such as the
 * moving ones of batch normalisation, which follow the samples that a member sees and so have to be averaged too.
 */
export class Flat {
  private readonly sizes: readonly number[];
  private readonly statistics: readonly tf.Variable[];
  /** How many numbers the parameters are. */
  readonly parameters: number;
  readonly length: number;

  constructor(model: CompiledModel) {
    const trainable = trainableVariables(model);
    this.sizes = trainable.map(({ size }) => size);
    this.statistics = allVariables(model).filter((one) => !trainable.includes(one) && one.dtype === 'float32');
    this.parameters = this.sizes.reduce((sum, size) => sum + size, 0);
    this.length = this.statistics.reduce((sum, { size }) => sum + size, this.parameters);
  }

  /** These, and the statistics as they are. */
  join(values: Parameters): Float32Array {
    const all = new Float32Array(this.length);
    let at = 0;
    for (const part of [...values, ...this.statistics.map((one) => one.dataSync() as Float32Array)]) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** The parts for the trainable parameters. */
  split(all: Float32Array): Parameters {
    let at = 0;
    return this.sizes.map((size) => {
      at += size;
      return all.slice(at - size, at);
    });
  }

  /** Sets the statistics to those at the end of the list. */
  setStatistics(all: Float32Array): void {
    let at = this.parameters;
    for (const one of this.statistics) {
      const values = all.slice(at, at + one.size);
      at += one.size;
      tf.tidy(() => one.assign(tf.tensor(values, one.shape)));
    }
  }
}
