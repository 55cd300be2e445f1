/** What of a model is code of TensorFlow.js, and what is a program's own. */
import * as tf from '@tensorflow/tfjs';

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

export interface Named {
  getClassName(): string;
}

export const isNamed = (value: unknown): value is Named =>
  typeof value === 'object' && value !== null && typeof (value as Named).getClassName === 'function';

const { classNameMap } = tf.serialization.SerializationMap.getMap();

/**
 * TensorFlow.js's own classes, as they are before a program registers its own. Some say to have the name of another, so
 * they are told by their constructors.
 */
const own: Set<unknown> = new Set([
  ...[...names].flatMap((name) => classNameMap[name]?.[0] ?? []),
  ...[tf.LayersModel, tf.Sequential],
]);

/** The fields in which a model keeps functions that TensorFlow.js has made for it. */
const made: ReadonlySet<string> = new Set(['trainFunction', 'testFunction', 'predictFunction']);

/** TensorFlow.js keeps some of its functions in fields: a softmax layer the method of its activation. */
const bound: ReadonlySet<unknown> = new Set([
  ...functions,
  ...[...own].flatMap((one) =>
    Object.values(Object.getOwnPropertyDescriptors((one as { prototype: object }).prototype)).map(({ value }) => value),
  ),
]);

/** The methods of TensorFlow.js's own classes, of those they are derived from, and of optimizers. */
const methods: Set<unknown> = new Set([
  ...bound,
  ...[...own, tf.layers.Layer, tf.Optimizer, tf.SGDOptimizer, tf.AdamOptimizer].flatMap((one) => inherited(one)),
]);

function inherited(one: unknown): unknown[] {
  const all: unknown[] = [];
  for (let at = (one as { prototype: object }).prototype; at !== null; at = Object.getPrototypeOf(at)) {
    for (const { value, get } of Object.values(Object.getOwnPropertyDescriptors(at))) all.push(value, get);
  }
  return all;
}

/** Takes a layer of this library for as well known as those of TensorFlow.js: nobody needs to read or to watch its code. */
export function takeForKnown(layer: new (...args: never[]) => object): void {
  own.add(layer);
  for (const one of inherited(layer)) methods.add(one);
}

/** Whether a function in a field, or of a class, is TensorFlow.js's. */
export const isTensorFlowMethod = (name: string, value: unknown): boolean => methods.has(value) || made.has(name);

/**
 * Whether an object is of one of TensorFlow.js's own classes, with no method, getter or setter of its own.
 *
 * @param isKnown methods that do not count.
 */
export function isOfTensorFlow(value: Named, isKnown: (method: unknown) => boolean = () => false): boolean {
  if (!own.has(value.constructor)) return false;
  return Object.entries(Object.getOwnPropertyDescriptors(value)).every(([name, { value: field, get, set }]) => {
    if (get !== undefined || set !== undefined) return false;
    return typeof field !== 'function' || bound.has(field) || made.has(name) || isKnown(field);
  });
}
