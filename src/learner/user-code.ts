import * as tf from '@tensorflow/tfjs';
import { isExtension } from '../optimizers/extended.ts';
import type { CompiledModel, LossOrMetric } from './model.ts';

/** The names of TensorFlow.js's own classes. */
const names = new Set(
  `Adadelta Adagrad Adam Adamax Momentum RMSProp SGD Zeros Ones Constant RandomUniform RandomNormal TruncatedNormal Identity
  VarianceScaling GlorotUniform GlorotNormal HeNormal HeUniform LeCunNormal LeCunUniform Orthogonal InputLayer MaxNorm
  UnitNorm NonNeg MinMaxNorm Model Functional Sequential elu selu relu relu6 linear sigmoid hardSigmoid softplus softsign tanh
  softmax logSoftmax gelu gelu_new mish swish L1L2 ReLU LeakyReLU PReLU ELU ThresholdedReLU Softmax Conv2D Conv3D
  Conv2DTranspose Conv3DTranspose SeparableConv2D Conv1D Cropping2D UpSampling2D DepthwiseConv2D RNN SimpleRNNCell SimpleRNN
  GRUCell GRU LSTMCell LSTM StackedRNNCells ConvLSTM2DCell ConvLSTM2D Dropout SpatialDropout1D Dense Flatten Activation
  RepeatVector Reshape Permute Masking Embedding Add Multiply Average Maximum Minimum Concatenate Dot GaussianNoise
  GaussianDropout AlphaDropout BatchNormalization LayerNormalization ZeroPadding2D MaxPooling1D AveragePooling1D MaxPooling2D
  AveragePooling2D MaxPooling3D AveragePooling3D GlobalAveragePooling1D GlobalMaxPooling1D GlobalAveragePooling2D
  GlobalMaxPooling2D TimeDistributed Bidirectional Rescaling CenterCrop CategoryEncoding Resizing RandomWidth`.split(
    /\s+/,
  ),
);

/** The functions of TensorFlow.js that can be losses or metrics. */
const functions: ReadonlySet<unknown> = new Set([...Object.values(tf.losses), ...Object.values(tf.metrics)]);

/** Whether it is one of the losses and metrics of TensorFlow.js. */
export const isTensorFlowFunction = (value: unknown): boolean => functions.has(value);

interface Named {
  getClassName(): string;
}

const isNamed = (value: unknown): value is Named =>
  typeof value === 'object' && value !== null && typeof (value as Named).getClassName === 'function';

const { classNameMap } = tf.serialization.SerializationMap.getMap();

/**
 * TensorFlow.js's own classes, as they are before a program registers its own. Some say to have the name of another, so
 * they are told by their constructors.
 */
const own: ReadonlySet<unknown> = new Set([
  ...[...names].flatMap((name) => classNameMap[name]?.[0] ?? []),
  ...[tf.LayersModel, tf.Sequential],
]);

/** TensorFlow.js keeps some of its functions in fields: a softmax layer the method of its activation. */
const bound: ReadonlySet<unknown> = new Set([
  ...functions,
  ...[...own].flatMap((one) =>
    Object.values(Object.getOwnPropertyDescriptors((one as { prototype: object }).prototype)).map(({ value }) => value),
  ),
]);

/** Whether an object is of one of TensorFlow.js's own classes, with no method of its own. */
export function isTensorFlows(value: Named): boolean {
  return (
    own.has(value.constructor) &&
    !Object.values(value).some((field) => typeof field === 'function' && !bound.has(field) && !isExtension(field))
  );
}

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
    spec === undefined || spec === null || typeof spec === 'string' || functions.has(spec)
      ? true
      : typeof spec === 'object' && Object.values(spec).every(named);
  if (!named(model.loss as LossOrMetric)) return 'the loss';
  if (!named((model as unknown as { metrics: unknown }).metrics)) return 'a metric';
  if (!isTensorFlows(model.optimizer)) return `the optimizer ${model.optimizer.getClassName()}`;
  return undefined;
}
