import * as tf from '@tensorflow/tfjs';

/** Filters and stride of each pair of a depthwise and a pointwise convolution, at width 1. */
const pairs = [
  ...[
    [64, 1],
    [128, 2],
    [128, 1],
    [256, 2],
    [256, 1],
    [512, 2],
  ],
  ...[
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
    [512, 1],
    [1024, 2],
    [1024, 1],
  ],
];

/**
 * MobileNetV1: batch normalisation and a ReLU up to 6 after each convolution.
 *
 * Reference: Howard et al. (2017), MobileNets, table 1.
 */
export function mobileNet({ size = 96, width = 0.25, classes = 10 } = {}): tf.LayersModel {
  const { conv2d, depthwiseConv2d, batchNormalization, reLU } = tf.layers;
  const input = tf.input({ shape: [size, size, 3] });
  const activated = (x: tf.SymbolicTensor) =>
    reLU({ maxValue: 6 }).apply(batchNormalization({}).apply(x)) as tf.SymbolicTensor;
  const settings = { padding: 'same', useBias: false } as const;
  const pointwise = (x: tf.SymbolicTensor, filters: number, kernelSize: number, strides: number) =>
    activated(conv2d({ filters: filters * width, kernelSize, strides, ...settings }).apply(x) as tf.SymbolicTensor);
  let x = pointwise(input, 32, 3, 2);
  for (const [filters, strides] of pairs) {
    x = activated(depthwiseConv2d({ kernelSize: 3, strides, ...settings }).apply(x) as tf.SymbolicTensor);
    x = pointwise(x, filters, 1, 1);
  }
  const pooled = tf.layers.globalAveragePooling2d({}).apply(x) as tf.SymbolicTensor;
  const output = tf.layers.dense({ units: classes, activation: 'softmax' }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}
