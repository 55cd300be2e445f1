import * as tf from '@tensorflow/tfjs';
import { describe, it } from 'vitest';
import { expectSame, type Host, integers, noise } from './on-both.ts';

/** The loss's gradient with respect to every weight of the layers and, where it is real, to the input. */
async function sameGradients(
  x: Host,
  build: () => tf.layers.Layer[],
  { training = true, tolerance = 2e-5 }: { training?: boolean; tolerance?: number } = {},
): Promise<void> {
  await tf.setBackend('cpu');
  const model = tf.sequential();
  const dtype = x.dtype === 'int32' ? 'int32' : 'float32';
  model.add(tf.layers.inputLayer({ inputShape: x.shape.slice(1), dtype }));
  for (const layer of build()) model.add(layer);
  await expectSame(
    [x],
    (x) => {
      const loss = (x: tf.Tensor) => {
        const y = model.apply(x, { training }) as tf.Tensor;
        const { values, shape } = noise(y.shape, 7);
        return y.mul(tf.tensor(Array.from(values), shape)).sum() as tf.Scalar;
      };
      const toInput = dtype === 'float32' ? [tf.grad(loss as (x: tf.Tensor) => tf.Tensor)(x)] : [];
      if (model.trainableWeights.length === 0) return [loss(x), ...toInput];
      const { value, grads } = tf.variableGrads(() => loss(x));
      return [value, ...Object.keys(grads).map((name) => grads[name]), ...toInput];
    },
    tolerance,
  );
  model.dispose();
}

const seeded = (seed: number) => tf.initializers.randomNormal({ mean: 0, stddev: 0.5, seed });
const kernels = { kernelInitializer: seeded(1), biasInitializer: seeded(2) };
const recurrent = { ...kernels, recurrentInitializer: seeded(3) };
const depthwise = { depthwiseInitializer: seeded(1), pointwiseInitializer: seeded(2) };

describe('gradients of layers on wasm equal those on cpu', () => {
  const images = noise([2, 6, 6, 3]);
  const vectors = noise([5, 12]);
  const sequences = noise([3, 5, 4]);
  const cases: Record<string, [Host, () => tf.layers.Layer[]]> = {
    dense: [vectors, () => [tf.layers.dense({ units: 7, ...kernels }), tf.layers.dense({ units: 3, ...kernels })]],
    'dense on sequences': [sequences, () => [tf.layers.dense({ units: 7, activation: 'relu', ...kernels })]],
    conv2d: [
      images,
      () => [
        tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu', ...kernels }),
        tf.layers.conv2d({ filters: 5, kernelSize: 3, strides: 2, activation: 'tanh', ...kernels }),
      ],
    ],
    conv1d: [sequences, () => [tf.layers.conv1d({ filters: 3, kernelSize: 2, strides: 1, ...kernels })]],
    conv3d: [noise([1, 4, 4, 4, 2]), () => [tf.layers.conv3d({ filters: 3, kernelSize: 2, ...kernels })]],
    conv2dTranspose: [
      images,
      () => [tf.layers.conv2dTranspose({ filters: 4, kernelSize: 3, strides: 2, padding: 'same', ...kernels })],
    ],
    separableConv2d: [images, () => [tf.layers.separableConv2d({ filters: 4, kernelSize: 3, ...depthwise })]],
    depthwiseConv2d: [
      images,
      () => [tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, depthwiseInitializer: seeded(1) })],
    ],
    'pooling, flatten': [
      images,
      () => [
        tf.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
        tf.layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
        tf.layers.flatten(),
      ],
    ],
    'global average pooling': [images, () => [tf.layers.globalAveragePooling2d({})]],
    'global max pooling': [images, () => [tf.layers.globalMaxPooling2d({})]],
    'one-dimensional pooling': [
      sequences,
      () => [tf.layers.maxPooling1d({ poolSize: 2 }), tf.layers.averagePooling1d({ poolSize: 2 })],
    ],
    batchNormalization: [images, () => [tf.layers.batchNormalization({ gammaInitializer: seeded(1) })]],
    'batchNormalization of vectors': [vectors, () => [tf.layers.batchNormalization({ gammaInitializer: seeded(1) })]],
    layerNormalization: [vectors, () => [tf.layers.layerNormalization({ gammaInitializer: seeded(1) })]],
    lstm: [sequences, () => [tf.layers.lstm({ units: 4, returnSequences: true, ...recurrent })]],
    gru: [sequences, () => [tf.layers.gru({ units: 4, ...recurrent })]],
    simpleRNN: [sequences, () => [tf.layers.simpleRNN({ units: 4, ...recurrent })]],
    bidirectional: [
      sequences,
      () => [tf.layers.bidirectional({ layer: tf.layers.gru({ units: 2, ...recurrent }), mergeMode: 'concat' })],
    ],
    timeDistributed: [
      sequences,
      () => [tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 3, ...kernels }) })],
    ],
    embedding: [
      { ...integers([4, 6], 9), dtype: 'int32' },
      () => [tf.layers.embedding({ inputDim: 9, outputDim: 5, embeddingsInitializer: seeded(1) })],
    ],
    'dropout with a seed': [vectors, () => [tf.layers.dropout({ rate: 0.5, seed: 3 })]],
    // One image: the cpu backend's gradient of nearest-neighbour resizing is wrong for more.
    'padding, upsampling, cropping': [
      noise([1, 6, 6, 3]),
      () => [
        tf.layers.zeroPadding2d({ padding: 2 }),
        tf.layers.upSampling2d({ size: [2, 2] }),
        tf.layers.cropping2D({ cropping: 3 }),
      ],
    ],
    'bilinear upsampling': [images, () => [tf.layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' })]],
    'permute, reshape, repeat': [
      vectors,
      () => [
        tf.layers.repeatVector({ n: 2 }),
        tf.layers.permute({ dims: [2, 1] }),
        tf.layers.reshape({ targetShape: [24] }),
      ],
    ],
    prelu: [vectors, () => [tf.layers.prelu({ alphaInitializer: seeded(1) })]],
    'leakyReLU, elu': [vectors, () => [tf.layers.leakyReLU({}), tf.layers.elu({})]],
  };
  for (const [name, [x, build]] of Object.entries(cases)) {
    it(name, () => sameGradients(x, build));
  }

  it('batchNormalization in evaluation mode', () =>
    sameGradients(images, () => [tf.layers.batchNormalization({ gammaInitializer: seeded(1) })], { training: false }));

  const activations = [
    'elu',
    'hardSigmoid',
    'linear',
    'relu',
    'relu6',
    'selu',
    'sigmoid',
    'softmax',
    'softplus',
  ] as const;
  for (const activation of [...activations, 'softsign', 'tanh', 'swish', 'mish', 'gelu'] as const) {
    it(`activation ${activation}`, () =>
      sameGradients(vectors, () => [tf.layers.dense({ units: 6, activation, ...kernels })]));
  }
});

describe('gradients of losses and operations on wasm equal those on cpu', () => {
  const logits = noise([6, 5], 1);
  const labels = integers([6], 5);
  const oneHot = (ids: tf.Tensor) => tf.oneHot(ids as tf.Tensor1D, 5).toFloat();
  const losses: Record<string, (x: tf.Tensor, ids: tf.Tensor) => tf.Tensor> = {
    softmaxCrossEntropy: (x, ids) => tf.losses.softmaxCrossEntropy(oneHot(ids), x),
    sigmoidCrossEntropy: (x, ids) => tf.losses.sigmoidCrossEntropy(oneHot(ids), x),
    categoricalCrossentropy: (x, ids) => tf.metrics.categoricalCrossentropy(oneHot(ids), x.softmax()),
    sparseCategoricalAccuracyLoss: (x, ids) => tf.logSoftmax(x).mul(oneHot(ids)).sum(-1).neg(),
    binaryCrossentropy: (x, ids) => tf.metrics.binaryCrossentropy(oneHot(ids), x.sigmoid()),
    meanSquaredError: (x, ids) => tf.losses.meanSquaredError(oneHot(ids), x),
    meanAbsoluteError: (x, ids) => tf.metrics.meanAbsoluteError(oneHot(ids), x),
    huber: (x, ids) => tf.losses.huberLoss(oneHot(ids), x, undefined, 0.3),
    hinge: (x, ids) => tf.losses.hingeLoss(oneHot(ids), x),
    cosine: (x, ids) => tf.metrics.cosineProximity(oneHot(ids), x),
    logSumExp: (x) => tf.logSumExp(x, 1),
    max: (x) => x.max(1),
    min: (x) => x.min([0, 1]),
    maximum: (x) => tf.maximum(x, x.mul(2).sub(0.1)),
    division: (x) => x.div(x.square().add(1)),
    power: (x) => x.abs().add(0.1).pow(1.7),
    'erf, sign, expm1, log1p': (x) => x.erf().add(x.expm1()).add(x.abs().log1p()).mul(x.sign()),
    'sin, cos, atan, asinh': (x) => x.sin().mul(x.cos()).add(x.atan()).sub(x.asinh()),
    'clip, floor, mod': (x) => x.clipByValue(-0.5, 0.5).add(x.floor()).add(tf.mod(x, 0.3)),
    'split, stack, concat, slice': (x) =>
      tf.concat([tf.stack(tf.split(x, [2, 3], 1)[0].unstack(0)), x.slice([0, 1], [6, 2])], 1),
    'tile, pad, reverse, transpose': (x) =>
      x
        .tile([2, 1])
        .pad([
          [1, 0],
          [0, 2],
        ])
        .reverse(0)
        .transpose(),
    'mirror pad': (x) =>
      tf.mirrorPad(
        x,
        [
          [1, 1],
          [2, 0],
        ],
        'reflect',
      ),
    cumsum: (x) => x.cumsum(1, true, true).mul(x),
    prod: (x) => x.prod(1),
    'local response normalization': (x) => tf.localResponseNormalization(x.reshape([1, 2, 3, 5]) as tf.Tensor4D, 2),
    'resize nearest': (x) => tf.image.resizeNearestNeighbor(x.reshape([1, 2, 3, 5]) as tf.Tensor4D, [4, 5]),
    where: (x) => tf.where(tf.tensor1d([1, 0, 1, 0, 1], 'bool'), x.square(), x.neg()),
    'l2 norm': (x) => x.norm('euclidean', 1),
    moments: (x) => tf.moments(x, [0]).variance,
  };
  for (const [name, f] of Object.entries(losses)) {
    it(name, () =>
      expectSame([logits, labels], (x, ids) => {
        const weighted = (x: tf.Tensor) => {
          const y = f(x, ids);
          return y.mul(tf.tensor(Array.from(noise(y.shape, 5).values), y.shape)).sum();
        };
        return [f(x, ids), tf.grad(weighted)(x)];
      }),
    );
  }
});
