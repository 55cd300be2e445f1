import * as tf from '@tensorflow/tfjs';
import { isExtension } from '../optimizers/extended.ts';
import { isNamed, isOfTensorFlow, isTensorFlowFunction, type Named } from '../tensorflow-classes.ts';
import type { CompiledModel, LossOrMetric } from './model.ts';

/** Whether an object is of one of TensorFlow.js's own classes, with no method of its own but those of this library. */
export const isTensorFlows = (value: Named): boolean => isOfTensorFlow(value, isExtension);

/** Elements of a list, at most, among which layers are looked for. */
const longest = 1000;

/**
 * All layers of a model, and those that they keep in their fields: of models within, of wrappers, the cells of recurrent layers, and
 * what layers of the user's are made of, also in lists, maps and plain objects.
 *
 * @param isFollowed whether what a layer keeps is asked for.
 */
export function allLayers(
  model: CompiledModel,
  isFollowed: (layer: tf.layers.Layer) => boolean = () => true,
): tf.layers.Layer[] {
  const layers = new Set<tf.layers.Layer>();
  const seen = new Set<object>();
  const add = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const isLayer = value instanceof tf.layers.Layer;
    if (isLayer) layers.add(value);
    if (isLayer && !isFollowed(value)) return;
    for (const one of isLayer ? Object.values(value) : elementsOf(value)) add(one);
  };
  for (const layer of (model as unknown as tf.LayersModel).layers) add(layer);
  return [...layers];
}

/** What is in a list, a map, a set or a plain object; nothing of other objects. */
export function elementsOf(value: object): unknown[] {
  if (Array.isArray(value)) return value.slice(0, longest);
  // Without what subclasses or getters of a program would run.
  if (value instanceof Map) return [...Map.prototype.values.call(value)].slice(0, longest);
  if (value instanceof Set) return [...Set.prototype.values.call(value)].slice(0, longest);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return [];
  const fields = Object.values(Object.getOwnPropertyDescriptors(value)).filter(({ enumerable }) => enumerable);
  return fields.slice(0, longest).map(({ value }) => value as unknown);
}

/** Whether code of the user's is in a layer, or in what it is made with: an activation, a cell, a term that it adds to the loss. */
export const isOwnLayer = (layer: tf.layers.Layer): boolean =>
  ownTerms(layer).length > 0 ||
  !([layer, ...Object.values(layer).filter(isNamed)] as unknown as Named[]).every(isTensorFlows);

export type Term = () => tf.Scalar;

const termsOf = (layer: tf.layers.Layer): Term[] => (layer as unknown as { _losses?: Term[] })._losses ?? [];

/** The functions that were given to `layer.addLoss`, without those that TensorFlow.js makes of the layer's regularizers. */
export const ownTerms = (layer: tf.layers.Layer): Term[] =>
  termsOf(layer).filter((term) => String(term) !== ofRegularizer());

/** What TensorFlow.js makes of the regularizers that weights of a layer are added with. */
export const penaltiesOf = (layer: tf.layers.Layer): Term[] =>
  termsOf(layer).filter((term) => String(term) === ofRegularizer());

let penalty: string | undefined;

/** The source of what TensorFlow.js gives to `addLoss` for a regularizer. */
function ofRegularizer(): string {
  if (penalty === undefined) {
    // It takes no number that other layers are called by, and draws none.
    const settings = { name: 'of_regularizer', kernelInitializer: 'zeros', kernelRegularizer: 'l1l2' } as const;
    const layer = tf.layers.dense({ units: 1, useBias: false, ...settings });
    layer.build([null, 1]);
    penalty = String((layer as unknown as { _losses: Term[] })._losses[0]);
    tf.dispose(layer.weights.map((weight) => weight.read()));
  }
  return penalty;
}

/**
 * The first part of the model that is no code of TensorFlow.js's own, for people. What such code computes may depend on
 * more than the fields of the model's objects.
 */
export function userCode(model: CompiledModel): string | undefined {
  const own = allLayers(model).find(isOwnLayer);
  if (own !== undefined) return `the layer ${own.name}`;
  const named = (spec: unknown): boolean =>
    spec === undefined || spec === null || typeof spec === 'string' || isTensorFlowFunction(spec)
      ? true
      : typeof spec === 'object' && Object.values(spec).every(named);
  if (!named(model.loss as LossOrMetric)) return 'the loss';
  if (!named((model as unknown as { metrics: unknown }).metrics)) return 'a metric';
  if (!isTensorFlows(model.optimizer)) return `the optimizer ${model.optimizer.getClassName()}`;
  return undefined;
}
