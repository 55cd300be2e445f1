import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';

/**
 * What this library reads of a compiled `tf.LayersModel` beyond its public types. TensorFlow.js keeps these members
 * protected though every one is needed to train the way `model.fit` does; this file is the only one that knows them.
 */
export type CompiledModel = Pick<
  tf.LayersModel,
  'name' | 'call' | 'inputs' | 'outputs' | 'inputNames' | 'outputNames' | 'weights' | 'optimizer' | 'metricsNames'
> & {
  /** What `compile` was given. */
  readonly loss:
    | string
    | LossOrMetric
    | readonly (string | LossOrMetric)[]
    | { [output: string]: string | LossOrMetric };
  readonly lossFunctions: readonly LossOrMetric[];
  readonly metricsTensors: readonly (readonly [LossOrMetric, number])[];
  readonly collectedTrainableWeights: readonly { read(): tf.Tensor }[];
  isTraining: boolean;
  stopTraining_: boolean;
  history: tf.History;
  calculateLosses(): tf.Scalar[];
  getDedupedMetricsNames(): string[];
};

export type LossOrMetric = (target: tf.Tensor, output: tf.Tensor) => tf.Tensor;

/**
 * The model as a compiled one.
 * @throws UnequalError if `model` is no `tf.LayersModel` or was never compiled.
 */
export function compiledModel(model: tf.LayersModel): CompiledModel {
  if (!(model instanceof tf.LayersModel)) {
    throw fault({
      wrong: 'not a model that can be trained',
      got: model,
      expected: 'a tf.LayersModel',
      mend: 'make it with tf.sequential() or tf.model(), and import the same @tensorflow/tfjs as this library',
    });
  }
  if (!model.optimizer) {
    throw fault({
      wrong: 'the model is not compiled',
      mend: 'call model.compile({ optimizer, loss }) first',
    });
  }
  // tf.Sequential hands everything to a functional model it builds, and that is the one that was compiled.
  return ((model as unknown as { model?: CompiledModel }).model ?? model) as unknown as CompiledModel;
}

/** The variables that training changes, in the model's order. */
export function trainableVariables(model: CompiledModel): tf.Variable[] {
  return model.collectedTrainableWeights.map((weight) => weight.read() as tf.Variable);
}

/** All variables of the model, trainable or not (moving statistics), each once, in the model's order. */
export function allVariables(model: CompiledModel): tf.Variable[] {
  return model.weights.map((weight) => weight.read() as tf.Variable);
}

/** The name of each output's loss; `undefined` for a function of the user's own. */
export function lossNames({ loss, outputNames }: CompiledModel): (string | undefined)[] {
  const given = outputNames.map((name, k) => {
    if (typeof loss === 'string' || typeof loss === 'function') return loss;
    return Array.isArray(loss) ? loss[k] : (loss as { [output: string]: string | LossOrMetric })[name];
  });
  return given.map((one) => (typeof one === 'string' ? one : undefined));
}
