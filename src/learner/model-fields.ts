import * as tf from '@tensorflow/tfjs';
import { cellsThatDrawAnew, dropoutMasks } from './dropout-masks.ts';
import { Fields } from './fields.ts';
import { ofTraining } from './guard.ts';
import type { CompiledModel } from './model.ts';
import { allLayers, isTensorFlows } from './user-code.ts';

/** Names differ from one making of a model to the next. What is frozen and the rate are kept otherwise. */
const apart = ['name', 'originalName', 'trainable_', 'learningRate'];

/** What layers, the optimizer and the losses of a model hold in fields beside weights. */
export interface ModelFields {
  readonly fields: Fields;
  /** Whether a field is of an object that holds nothing but what TensorFlow.js puts there. */
  readonly isPlain: (path: string) => boolean;
  /** A field, for people. */
  readonly nameOf: (path: string) => string;
}

/** @param without fields of layers that are left out. */
export function modelFields(model: CompiledModel, without: readonly string[] = []): ModelFields {
  const { optimizer } = model;
  const layers = allLayers(model);
  const cells = cellsThatDrawAnew(layers);
  const roots = layers.map((layer, k) => {
    const own = layer instanceof tf.LayersModel ? ofTraining : cells.has(layer) ? dropoutMasks : [];
    return [`layers[${k}]`, layer, { without: [...apart, ...own, ...without] }] as const;
  });
  const names = new Map<string, string>(roots.map(([root, layer]) => [root, `the layer ${layer.name}`]));
  names.set('optimizer', 'the optimizer');
  const plain = new Set<string>();
  for (const [root, layer] of roots) if (isTensorFlows(layer)) plain.add(root);
  if (isTensorFlows(optimizer)) plain.add('optimizer');
  const fields = new Fields(() => [
    ...roots,
    ['optimizer', optimizer, { without: [...apart, 'c'] }],
    ['model', model, { only: ['lossFunctions'] }],
  ]);
  return {
    fields,
    isPlain: (path) => plain.has(rootOf(path)),
    nameOf: (path) => `${path.slice(rootOf(path).length + 1)} of ${names.get(rootOf(path)) ?? 'the model'}`,
  };
}

export const rootOf = (path: string): string => path.slice(0, path.indexOf('.'));
