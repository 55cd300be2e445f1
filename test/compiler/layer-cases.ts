/** A case for every layer the coverage table names. */
import * as tf from '@tensorflow/tfjs';

type Build = (x: tf.SymbolicTensor) => tf.SymbolicTensor;
export interface LayerCase {
  readonly shape: number[];
  readonly build: Build;
  readonly samples?: number;
  /** Replaces the random input. */
  readonly input?: () => tf.Tensor;
}

const via =
  (...layers: tf.layers.Layer[]): Build =>
  (x) =>
    layers.reduce((y, layer) => layer.apply(y) as tf.SymbolicTensor, x);

const l = tf.layers;
const image = [8, 8, 3];
const sequence = [5, 4];
const vector = [6];

/** Layers that heed a mask, on sequences with steps that are masked: at the beginning, within, at the end, everywhere, nowhere. */
const masked = (...layers: tf.layers.Layer[]): LayerCase => ({
  shape: sequence,
  build: via(l.masking({ maskValue: 0 }), ...layers, l.dense({ units: 2 })),
  samples: 5,
  input: () => {
    const seen = tf.tensor([
      [0, 0, 1, 1, 1],
      [1, 0, 1, 0, 1],
      [1, 1, 1, 0, 0],
      [0, 0, 0, 0, 0],
      [1, 1, 1, 1, 1],
    ]);
    return tf.randomNormal([5, ...sequence], 0, 1, 'float32', 7).mul(seen.expandDims(-1));
  },
});

/** A layer per case, made in the test so that its variables are fresh. */
export const layerCases: Record<string, () => LayerCase> = {
  dense: () => ({ shape: vector, build: via(l.dense({ units: 4 })) }),
  'dense on a sequence': () => ({ shape: sequence, build: via(l.dense({ units: 3 })) }),
  'dense without bias': () => ({ shape: vector, build: via(l.dense({ units: 4, useBias: false })) }),
  'dense with L1 and L2': () => ({
    shape: vector,
    build: via(
      l.dense({ units: 4, kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }), biasRegularizer: 'l1l2' }),
    ),
  }),
  'conv1d same': () => ({ shape: sequence, build: via(l.conv1d({ filters: 3, kernelSize: 3, padding: 'same' })) }),
  'conv1d strided': () => ({ shape: [9, 4], build: via(l.conv1d({ filters: 3, kernelSize: 3, strides: 2 })) }),
  'conv2d valid': () => ({ shape: image, build: via(l.conv2d({ filters: 4, kernelSize: 3 })) }),
  'conv2d same': () => ({ shape: image, build: via(l.conv2d({ filters: 4, kernelSize: 3, padding: 'same' })) }),
  'conv2d strided': () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: 'same' })),
  }),
  'conv2d strided, rows left over': () => ({
    shape: [9, 8, 3],
    build: via(l.conv2d({ filters: 4, kernelSize: [2, 3], strides: 3 })),
  }),
  'conv2d 1x1': () => ({ shape: image, build: via(l.conv2d({ filters: 4, kernelSize: 1 })) }),
  'conv2d 1x1 strided': () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 1, strides: 2, padding: 'same' })),
  }),
  'conv2d 5x5 same, even input': () => ({
    shape: image,
    build: via(l.conv2d({ filters: 2, kernelSize: 5, padding: 'same' })),
  }),
  'conv2d many channels': () => ({
    shape: [6, 6, 16],
    build: via(l.conv2d({ filters: 32, kernelSize: 3, padding: 'same' })),
  }),
  'conv2d relu, conv2d': () => ({
    shape: image,
    build: via(
      l.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }),
      l.conv2d({ filters: 2, kernelSize: 3, padding: 'same' }),
    ),
  }),
  'conv2d channels first': () => ({
    shape: [3, 8, 8],
    build: via(l.conv2d({ filters: 4, kernelSize: 3, dataFormat: 'channelsFirst' })),
  }),
  conv3d: () => ({
    shape: [4, 5, 5, 2],
    build: via(l.conv3d({ filters: 3, kernelSize: 2, padding: 'same', strides: 2 })),
  }),
  'conv2dTranspose same': () => ({
    shape: [4, 4, 3],
    build: via(l.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' })),
  }),
  'conv2dTranspose valid': () => ({
    shape: [4, 4, 3],
    build: via(l.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2 })),
  }),
  depthwiseConv2d: () => ({
    shape: image,
    build: via(l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' })),
  }),
  'depthwiseConv2d strided': () => ({ shape: image, build: via(l.depthwiseConv2d({ kernelSize: 3, strides: 2 })) }),
  separableConv2d: () => ({
    shape: image,
    build: via(l.separableConv2d({ filters: 4, kernelSize: 3, padding: 'same' })),
  }),
  maxPooling2d: () => ({ shape: image, build: via(l.maxPooling2d({ poolSize: 2 })) }),
  'maxPooling2d overlapping': () => ({
    shape: image,
    build: via(l.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' })),
  }),
  'maxPooling2d, rows left over': () => ({ shape: [7, 9, 3], build: via(l.maxPooling2d({ poolSize: 2 })) }),
  'maxPooling2d with ties': () => ({
    shape: image,
    build: via(l.reLU(), l.maxPooling2d({ poolSize: 2 })),
    input: () => tf.randomUniform([3, ...image], -2, 2, 'float32', 3).round(),
  }),
  averagePooling2d: () => ({ shape: image, build: via(l.averagePooling2d({ poolSize: 2 })) }),
  'averagePooling2d overlapping': () => ({
    shape: image,
    build: via(l.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' })),
  }),
  maxPooling1d: () => ({ shape: [8, 3], build: via(l.maxPooling1d({ poolSize: 2 })) }),
  averagePooling1d: () => ({ shape: [8, 3], build: via(l.averagePooling1d({ poolSize: 2 })) }),
  globalAveragePooling1d: () => ({ shape: sequence, build: via(l.globalAveragePooling1d()) }),
  globalMaxPooling1d: () => ({ shape: sequence, build: via(l.globalMaxPooling1d()) }),
  globalAveragePooling2d: () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 3 }), l.globalAveragePooling2d({})),
  }),
  globalMaxPooling2d: () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 3 }), l.globalMaxPooling2d({})),
  }),
  'batchNormalization of vectors': () => ({ shape: vector, build: via(l.batchNormalization()) }),
  'batchNormalization of images': () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 3, useBias: false }), l.batchNormalization()),
  }),
  'layerNormalization of vectors': () => ({ shape: vector, build: via(l.layerNormalization()) }),
  'layerNormalization of images': () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 3 }), l.layerNormalization({ axis: -1 })),
  }),
  'layerNormalization over whole images': () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 3 }), l.layerNormalization({ axis: [1, 2, 3] })),
  }),
  embedding: () => ({
    shape: [5],
    build: via(l.embedding({ inputDim: 7, outputDim: 3 })),
    input: () =>
      tf.tensor2d([
        [0, 1, 2, 3, 4],
        [4, 4, 4, 0, 6],
        [1, 0, 1, 0, 1],
      ]),
  }),
  simpleRNN: () => ({ shape: sequence, build: via(l.simpleRNN({ units: 3 })) }),
  lstm: () => ({ shape: sequence, build: via(l.lstm({ units: 3 })) }),
  'lstm of sequences': () => ({
    shape: sequence,
    build: via(l.lstm({ units: 3, returnSequences: true }), l.lstm({ units: 2 })),
  }),
  'lstm backwards': () => ({ shape: sequence, build: via(l.lstm({ units: 3, goBackwards: true })) }),
  gru: () => ({ shape: sequence, build: via(l.gru({ units: 3 })) }),
  'gru of sequences, sigmoid gates': () => ({
    shape: sequence,
    build: via(l.gru({ units: 3, returnSequences: true, recurrentActivation: 'sigmoid' })),
  }),
  bidirectional: () => ({
    shape: sequence,
    build: via(l.bidirectional({ layer: l.lstm({ units: 3, returnSequences: true }) as tf.RNN, mergeMode: 'concat' })),
  }),
  timeDistributed: () => ({ shape: sequence, build: via(l.timeDistributed({ layer: l.dense({ units: 2 }) })) }),
  convLstm2d: () => ({
    shape: [3, 6, 6, 2],
    build: via(l.convLstm2d({ filters: 2, kernelSize: 3 }) as unknown as tf.layers.Layer),
  }),
  flatten: () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 3 }), l.flatten(), l.dense({ units: 2 })),
  }),
  reshape: () => ({
    shape: [12],
    build: via(l.dense({ units: 12 }), l.reshape({ targetShape: [3, 4] }), l.dense({ units: 2 })),
  }),
  permute: () => ({ shape: sequence, build: via(l.permute({ dims: [2, 1] }), l.dense({ units: 2 })) }),
  repeatVector: () => ({ shape: vector, build: via(l.dense({ units: 3 }), l.repeatVector({ n: 4 })) }),
  zeroPadding2d: () => ({
    shape: image,
    build: via(
      l.conv2d({ filters: 2, kernelSize: 3 }),
      l.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
      l.flatten(),
      l.dense({ units: 2 }),
    ),
  }),
  cropping2D: () => ({
    shape: image,
    build: via(
      l.conv2d({ filters: 2, kernelSize: 3 }),
      l.cropping2D({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
    ),
  }),
  // One sample: the gradient on the cpu backend mixes up the samples of larger batches.
  'upSampling2d nearest': () => ({
    samples: 1,
    shape: [4, 4, 3],
    build: via(l.conv2d({ filters: 2, kernelSize: 1 }), l.upSampling2d({ size: [2, 3] })),
  }),
  'upSampling2d bilinear': () => ({
    shape: [4, 4, 3],
    build: via(l.conv2d({ filters: 2, kernelSize: 1 }), l.upSampling2d({ size: [2, 3], interpolation: 'bilinear' })),
  }),
  reLU: () => ({ shape: vector, build: via(l.dense({ units: 5 }), l.reLU()) }),
  'reLU to 6': () => ({ shape: vector, build: via(l.dense({ units: 5 }), l.reLU({ maxValue: 6 })) }),
  leakyReLU: () => ({ shape: vector, build: via(l.dense({ units: 5 }), l.leakyReLU({ alpha: 0.1 })) }),
  elu: () => ({ shape: vector, build: via(l.dense({ units: 5 }), l.elu({ alpha: 1 })) }),
  prelu: () => ({ shape: vector, build: via(l.dense({ units: 5 }), l.prelu()) }),
  softmax: () => ({ shape: vector, build: via(l.dense({ units: 5 }), l.softmax()) }),
  ...Object.fromEntries(
    (
      [
        'elu',
        'hardSigmoid',
        'linear',
        'relu',
        'relu6',
        'selu',
        'sigmoid',
        'softmax',
        'softplus',
        'softsign',
        'tanh',
        'swish',
        'mish',
        'gelu',
        'gelu_new',
      ] as const
    ).map((activation) => [
      `activation ${activation}`,
      (): LayerCase => ({
        shape: vector,
        build: via(l.dense({ units: 5 }), l.activation({ activation: activation as 'relu' })),
      }),
    ]),
  ),
  'activation softmax on images': () => ({
    shape: image,
    build: via(l.conv2d({ filters: 4, kernelSize: 3, activation: 'softmax' })),
  }),
  add: () => ({
    shape: image,
    build: (x) =>
      l.add().apply([via(l.conv2d({ filters: 3, kernelSize: 3, padding: 'same' }))(x), x]) as tf.SymbolicTensor,
  }),
  multiply: () => ({
    shape: vector,
    build: (x) => l.multiply().apply([via(l.dense({ units: 6 }))(x), x]) as tf.SymbolicTensor,
  }),
  average: () => ({
    shape: vector,
    build: (x) => l.average().apply([via(l.dense({ units: 6 }))(x), x]) as tf.SymbolicTensor,
  }),
  maximum: () => ({
    shape: vector,
    build: (x) => l.maximum().apply([via(l.dense({ units: 6 }))(x), x]) as tf.SymbolicTensor,
  }),
  minimum: () => ({
    shape: vector,
    build: (x) => l.minimum().apply([via(l.dense({ units: 6 }))(x), x]) as tf.SymbolicTensor,
  }),
  concatenate: () => ({
    shape: image,
    build: (x) =>
      l.concatenate().apply([via(l.conv2d({ filters: 2, kernelSize: 3, padding: 'same' }))(x), x]) as tf.SymbolicTensor,
  }),
  'concatenate rows': () => ({
    shape: sequence,
    build: (x) => l.concatenate({ axis: 1 }).apply([via(l.dense({ units: 4 }))(x), x]) as tf.SymbolicTensor,
  }),
  dot: () => ({
    shape: vector,
    build: (x) => l.dot({ axes: -1 }).apply([via(l.dense({ units: 6 }))(x), x]) as tf.SymbolicTensor,
  }),
  masking: () => ({ shape: sequence, build: via(l.masking({ maskValue: 0 }), l.dense({ units: 3 })) }),
  'masking before a simpleRNN': () => masked(l.simpleRNN({ units: 3 })),
  'masking before an lstm': () => masked(l.lstm({ units: 3 })),
  'masking before an lstm of sequences, backwards': () =>
    masked(l.lstm({ units: 3, returnSequences: true, goBackwards: true })),
  'masking before two grus': () => masked(l.gru({ units: 3, returnSequences: true }), l.gru({ units: 2 })),
  'masking before a bidirectional gru': () =>
    masked(l.bidirectional({ layer: l.gru({ units: 3 }) as tf.RNN, mergeMode: 'concat' })),
  'dropout in evaluation': () => ({ shape: vector, build: via(l.dense({ units: 3 }), l.dropout({ rate: 0.5 })) }),
};
