import * as tf from '@tensorflow/tfjs';
import { isExtension } from '../optimizers/extended.ts';
import { isNamed, isOfTensorFlow, isTensorFlowFunction, type Named } from '../tensorflow-classes.ts';
import type { CompiledModel, LossOrMetric } from './model.ts';

/** Whether an object is of one of TensorFlow.js's own classes, with no method of its own but those of this library. */
export const isTensorFlows = (value: Named): boolean => isOfTensorFlow(value, isExtension);

/** All layers of a model: those of models within, of wrappers, and the cells of recurrent layers. */
export function allLayers(model: CompiledModel): tf.layers.Layer[] {
  const layers = new Set<tf.layers.Layer>();
  const add = (value: unknown): void => {
    if (!(value instanceof tf.layers.Layer) || layers.has(value)) return;
    layers.add(value);
    const {
      layers: inner = [],
      layer,
      cell,
      cells = [],
      forwardLayer,
      backwardLayer,
      model: functional,
    } = value as unknown as {
      [field: string]: unknown;
    } & { layers?: unknown[]; cells?: unknown[] };
    for (const one of [...inner, layer, cell, ...cells, forwardLayer, backwardLayer, functional]) add(one);
  };
  for (const layer of (model as unknown as tf.LayersModel).layers) add(layer);
  return [...layers];
}

/**
 * The first part of the model that is no code of TensorFlow.js's own, for people. What such code computes may depend on
 * more than the fields of the model's objects.
 */
export function userCode(model: CompiledModel): string | undefined {
  for (const layer of allLayers(model)) {
    const parts = [layer, ...Object.values(layer).filter(isNamed)] as unknown as Named[];
    if (!parts.every(isTensorFlows)) return `the layer ${layer.name}`;
  }
  const named = (spec: unknown): boolean =>
    spec === undefined || spec === null || typeof spec === 'string' || isTensorFlowFunction(spec)
      ? true
      : typeof spec === 'object' && Object.values(spec).every(named);
  if (!named(model.loss as LossOrMetric)) return 'the loss';
  if (!named((model as unknown as { metrics: unknown }).metrics)) return 'a metric';
  if (!isTensorFlows(model.optimizer)) return `the optimizer ${model.optimizer.getClassName()}`;
  return undefined;
}
