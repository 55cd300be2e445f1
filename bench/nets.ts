/** The nets that steps are measured on. scripts/pytorch_nets.py has the same in PyTorch. */
import type * as tf from '@tensorflow/tfjs';
import type { ModelBatch } from '../src/learner/batch.ts';
import { lstm } from '../src/models/lstm.ts';
import { mlp } from '../src/models/mlp.ts';
import { smallCnn } from '../src/models/small-cnn.ts';
import { wideResnet } from '../src/models/wide-resnet.ts';
import { encoder } from './encoder.ts';
import { mobileNet } from './mobile-net.ts';

export interface Net {
  readonly net: string;
  readonly model: () => tf.LayersModel;
  readonly batch: number;
  readonly rounds: number;
  /** The inputs are word numbers below this. */
  readonly vocabulary?: number;
}

export const nets: readonly Net[] = [
  { net: 'small CNN', model: () => smallCnn({ seed: 1 }), batch: 128, rounds: 15 },
  { net: 'WRN-28-2', model: () => wideResnet({ seed: 1 }), batch: 128, rounds: 7 },
  { net: 'MLP', model: () => mlp({ seed: 1 }), batch: 128, rounds: 60 },
  { net: 'LSTM 784', model: () => lstm({ seed: 1 }), batch: 32, rounds: 7 },
  { net: 'MobileNetV1-0.25', model: () => mobileNet(), batch: 64, rounds: 15 },
  { net: 'encoder', model: () => encoder(), batch: 32, rounds: 15, vocabulary: 1000 },
];

/** Made-up samples of the model's shapes. */
export function batchFor(model: tf.LayersModel, size: number, vocabulary?: number): ModelBatch {
  const [, ...shape] = model.inputs[0].shape as number[];
  const classes = model.outputs[0].shape[1] as number;
  const length = shape.reduce((a, b) => a * b, size);
  const value = vocabulary ? (i: number) => (i * 7919) % vocabulary : (i: number) => Math.sin(i * 12.9898) * 1.5;
  const data = Float32Array.from({ length }, (_, i) => value(i));
  const targets = new Float32Array(size * classes);
  for (let i = 0; i < size; i++) targets[i * classes + (i % classes)] = 1;
  return {
    size,
    xs: [{ data, shape: [size, ...shape], dtype: 'float32' }],
    ys: [{ data: targets, shape: [size, classes], dtype: 'float32' }],
  };
}

/** Multiplications and additions of a training step in convolutions, products and recurrent layers: the first layer's input has no gradient. */
export function stepOperations(model: tf.LayersModel, size: number): number {
  const forward = model.layers.map((layer) => operations(layer)).filter((sum) => sum > 0);
  return size * (3 * forward.reduce((a, b) => a + b, 0) - forward[0]);
}

/** Of a forward pass through a layer, for one sample. */
function operations(layer: tf.layers.Layer): number {
  const [kernel, recurrent] = layer.getWeights();
  const [, ...output] = layer.outputShape as number[];
  const places = output.slice(0, -1).reduce((a, b) => a * b, 1);
  switch (layer.getClassName()) {
    case 'Conv2D':
    case 'DepthwiseConv2D':
    case 'Dense':
      return 2 * kernel.size * places;
    case 'LSTM':
      return 2 * (kernel.size + recurrent.size) * ((layer.input as tf.SymbolicTensor).shape[1] as number);
    case 'BenchAttention':
      // Queries by keys, weights by values.
      return 4 * output[0] * output[0] * output[1];
    default:
      return 0;
  }
}
