/** Gradients through a ReLU and a max pool: the step of the ReLU is taken of what is left by the pool. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { isStep } from '../../../src/compiler/lower/step.ts';
import { expectSame } from '../kernels.ts';
import { nodes } from '../operations.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

type Tensors = Record<string, tf.Tensor>;
type Net = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor;

const convolve: Net = (x, filter) => tf.conv2d(x, filter, 1, 'same');
const pool = (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid');

const gradients =
  (net: Net) =>
  ({ x, filter, weights }: Tensors): Tensors => {
    const loss = (x: tf.Tensor, filter: tf.Tensor): tf.Scalar => {
      const y = net(x as tf.Tensor4D, filter as tf.Tensor4D);
      return y.mul(weights).sum();
    };
    const [ofX, ofFilter] = tf.grads(loss)([x, filter]);
    return { ofX, ofFilter };
  };

/** Images in which many elements of a window are equal, above zero, at it and below. */
function tensors(channels: number): Tensors {
  return {
    x: tf.randomUniform([3, 6, 8, channels], -2, 3, 'float32', 1).floor(),
    filter: tf.randomUniform([1, 1, channels, channels], -1, 2, 'float32', 2).floor(),
    weights: tf.randomNormal([3, 3, 4, channels], 0, 1, 'float32', 3),
  };
}

const nets: [string, Net][] = [
  ['a ReLU and a pool', (x, filter) => pool(convolve(x, filter).relu())],
  [
    'the activation of a fused convolution',
    (x, filter) => pool(tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', activation: 'relu' })),
  ],
  [
    'a ReLU that is used elsewhere',
    (x, filter) => {
      const y = convolve(x, filter).relu();
      return pool(y).add(y.mean([1, 2], true));
    },
  ],
  [
    'two pools of a ReLU',
    (x, filter) => {
      const y = convolve(x, filter).relu();
      return pool(y).add(pool(y.mul(-1)));
    },
  ],
  ['a ReLU of a pool', (x, filter) => pool(convolve(x, filter)).relu()],
  ['a leaky ReLU and a pool', (x, filter) => pool(convolve(x, filter).leakyRelu(0.2))],
  ['a ReLU up to 6 and a pool', (x, filter) => pool(convolve(x, filter).mul(0.7).relu6())],
  [
    'another ReLU beside the pool',
    (x, filter) => {
      const y = convolve(x, filter);
      return pool(y.relu()).add(pool(y.sub(1).relu()));
    },
  ],
];

describe.each([4, 16])('of %i channels', (channels) => {
  it.each(nets)('%s has the gradients of the cpu backend', async (_, net) => {
    await expectSame(gradients(net), tensors(channels));
  });

  it('no step is taken of the images themselves', () => {
    const given = tensors(channels);
    const shapes = Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, shape]));
    const steps = nodes(gradients(nets[0][1]), shapes, 16).filter(isStep);
    expect(steps.map(({ outputs }) => outputs[0].shape)).toEqual([[3, channels, 3, 4]]);
  });
});
