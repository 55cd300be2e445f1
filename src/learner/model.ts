import * as tf from '@tensorflow/tfjs';
import { isGone } from '../compiler/index.ts';
import { fault } from '../errors.ts';
import { keptRate } from '../optimizers/kept-rate.ts';
import { slotsOf } from './slots.ts';
import { isTensorFlows } from './user-code.ts';

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

/** Another major version has other members, or none of that name: package managers install it with a warning at most. */
function requireVersion(): void {
  // Of a bundle that leaves out what is not needed, the core is there at least.
  const { version, version_core } = tf as {
    readonly version?: { readonly tfjs: string };
    readonly version_core: string;
  };
  const tfjs = version?.tfjs ?? version_core;
  if (tfjs.startsWith('4.')) return;
  throw fault({
    wrong: 'another major version of TensorFlow.js',
    got: tfjs,
    expected: '4.22 or a later 4',
    mend: 'npm install @tensorflow/tfjs@4',
  });
}

/**
 * The model as a compiled one.
 * @throws UnequalError if `model` is no `tf.LayersModel` of TensorFlow.js 4, was never compiled, or is disposed.
 */
export function compiledModel(model: tf.LayersModel): CompiledModel {
  requireVersion();
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
  const compiled = ((model as unknown as { model?: CompiledModel }).model ?? model) as unknown as CompiledModel;
  allVariables(compiled);
  return compiled;
}

/**
 * The model as one that can be trained.
 * @throws UnequalError as {@link compiledModel}, if no weight of it is trainable, its optimizer is disposed, or it makes its steps itself.
 */
export function trainableModel(model: tf.LayersModel): CompiledModel {
  const compiled = compiledModel(model);
  if (ownStep(compiled)) {
    throw fault({
      wrong: 'the model has a training step of its own, makeTrainFunction, which only model.fit asks',
      expected: 'what is special about a step in a layer, the loss or the optimizer',
      mend: 'or train it with model.fit',
    });
  }
  requireOptimizer(compiled.optimizer);
  if (trainableVariables(compiled).length > 0) return compiled;
  throw fault({
    wrong: 'the model has nothing to train',
    got: `${compiled.weights.length} weights, none of them trainable`,
    expected: 'a trainable weight',
    mend: 'set trainable of its layers before model.compile',
  });
}

function requireOptimizer(optimizer: tf.Optimizer): void {
  // What those of the user's keep is their affair.
  if (!isTensorFlows(optimizer)) return;
  const kept = slotsOf(optimizer).map(({ variable }) => variable);
  if (!kept.some(isGone) && !keptRate(optimizer)?.isDisposed) return;
  throw fault({
    wrong: 'the optimizer of the model is disposed',
    got: `${optimizer.getClassName()} without its variables`,
    mend: 'call model.compile again, with a new optimizer',
  });
}

function ownStep(model: CompiledModel): boolean {
  const make = ({ makeTrainFunction }: { makeTrainFunction?: unknown }) => makeTrainFunction;
  return make(model as object) !== make(tf.LayersModel.prototype as object);
}

/** The variables that training changes, in the model's order. @throws UnequalError if one is disposed. */
export function trainableVariables(model: CompiledModel): tf.Variable[] {
  return model.collectedTrainableWeights.map(variableOf);
}

/**
 * All variables of the model, trainable or not (moving statistics), each once, layer by layer. `model.weights` has those
 * first whose layers are trainable now, so that its order changes when a callback freezes one.
 * @throws UnequalError if one is disposed.
 */
export function allVariables(model: CompiledModel): tf.Variable[] {
  const present = new Set<Weight>(model.weights as unknown as Weight[]);
  const ordered = weightsIn(model).filter((weight) => present.has(weight));
  return [...new Set([...ordered, ...present])].map(variableOf);
}

type Weight = { read(): tf.Tensor };

/** The weights of a layer in the order they were made in, then those of the layers in it: a model's, a wrapper's, a cell's. */
export function weightsIn(layer: object, seen = new Set<object>()): Weight[] {
  if (seen.has(layer)) return [];
  seen.add(layer);
  const {
    layers = [],
    _trainableWeights = [],
    _nonTrainableWeights = [],
  } = layer as {
    readonly layers?: readonly object[];
    readonly _trainableWeights?: readonly Weight[];
    readonly _nonTrainableWeights?: readonly Weight[];
  };
  const inner = [...layers, ...Object.values(layer).flat()].filter((one) => one instanceof tf.layers.Layer);
  return [..._trainableWeights, ..._nonTrainableWeights, ...inner.flatMap((one) => weightsIn(one, seen))];
}

function variableOf(weight: { read(): tf.Tensor }): tf.Variable {
  const { val } = weight as unknown as { val?: tf.Variable };
  if (val) requirePresent([val]);
  return weight.read() as tf.Variable;
}

/** @throws UnequalError if a variable of the model has no value any more. */
export function requirePresent(variables: readonly tf.Variable[]): void {
  const gone = variables.find(isGone);
  if (gone === undefined) return;
  throw fault({
    wrong: 'the model is disposed',
    got: `no weight ${gone.name}`,
    mend: 'make the model anew, and dispose of it after its last use',
  });
}

/** The name of each output's loss; `undefined` for a function of the user's own. */
export function lossNames({ loss, outputNames }: CompiledModel): (string | undefined)[] {
  const given = outputNames.map((name, k) => {
    if (typeof loss === 'string' || typeof loss === 'function') return loss;
    if (Array.isArray(loss)) return loss[k];
    return Object.hasOwn(loss, name) ? (loss as { [output: string]: string | LossOrMetric })[name] : undefined;
  });
  return given.map((one) => (typeof one === 'string' ? one : undefined));
}
