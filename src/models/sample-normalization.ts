import * as tf from '@tensorflow/tfjs';
import { takeForKnown } from '../tensorflow-classes.ts';

export interface SampleNormalizationArgs {
  /** Added to the variance. */
  epsilon?: number;
  name?: string;
}

/**
 * Layer normalisation of images as the paper's wide residual networks use it: mean and variance over height, width and channels of
 * each sample, one gain for the whole layer, one bias per channel. Unlike batch normalisation it keeps the samples of a batch
 * independent of each other, so that a sample's score does not depend on its company.
 *
 * The gradient is written out: with `x̂ = (x − μ)/σ` and output gradient `g`, `dx = γ/σ · (g − mean(g) − x̂·mean(g·x̂))`. Collected by
 * `g`, `x` and a constant per sample it takes two reductions and three passes over the activations.
 *
 * References: Ba, Kiros & Hinton (2016), Layer Normalization; Katharopoulos & Fleuret (ICML 2018), section 4.2.
 *
 * @example
 * ```ts
 * const network = tf.sequential();
 * network.add(tf.layers.dense({ units: 32, inputShape: [8] }));
 * network.add(new SampleNormalization());
 * ```
 */
export class SampleNormalization extends tf.layers.Layer {
  static className = 'SampleNormalization';
  private readonly epsilon: number;
  private gain!: tf.LayerVariable;
  private bias!: tf.LayerVariable;

  constructor({ epsilon = 1e-3, ...args }: SampleNormalizationArgs = {}) {
    super(args);
    this.epsilon = epsilon;
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const channels = (inputShape as tf.Shape)[3] as number;
    this.gain = this.addWeight('gain', [1], 'float32', tf.initializers.ones());
    this.bias = this.addWeight('bias', [channels], 'float32', tf.initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: tf.Shape): tf.Shape {
    return inputShape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => normalize(x, this.gain.read() as tf.Tensor1D, this.bias.read() as tf.Tensor1D, this.epsilon));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), epsilon: this.epsilon };
  }
}

tf.serialization.registerClass(SampleNormalization);
takeForKnown(SampleNormalization);

function normalize(x: tf.Tensor4D, gain: tf.Tensor1D, bias: tf.Tensor1D, epsilon: number): tf.Tensor4D {
  const size = x.shape[1] * x.shape[2] * x.shape[3];
  const forward = tf.customGrad((...args) => {
    const [x, gain, bias, save] = args as unknown as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      (tensors: tf.Tensor[]) => void,
    ];
    const { y, mean, inverse } = forwardPass(x, gain, bias, epsilon);
    save([x, gain, mean, inverse]);
    const gradFunc = (g: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, gain, mean, inverse] = saved as [tf.Tensor4D, tf.Tensor1D, tf.Tensor4D, tf.Tensor4D];
      const perChannel = g.sum([1, 2], true);
      const sum = perChannel.sum([3], true);
      // Σ g·x̂ over a sample, from Σ g·x and Σ g: nothing of the size of x is written for it.
      const projection = g.mul(x).sum([1, 2, 3], true).sub(sum.mul(mean)).mul(inverse);
      const scale = inverse.mul(gain);
      const ofX = scale.mul(inverse).mul(projection).div(-size);
      const constant = scale.mul(sum).div(-size).sub(ofX.mul(mean));
      return [g.mul(scale).add(x.mul(ofX).add(constant)), projection.sum().reshape([1]), perChannel.sum([0, 1, 2])];
    };
    return { value: y, gradFunc };
  });
  return forward(x, gain, bias) as tf.Tensor4D;
}

interface Normalized {
  y: tf.Tensor4D;
  /** Mean and inverse standard deviation of every sample, [n, 1, 1, 1]. */
  mean: tf.Tensor4D;
  inverse: tf.Tensor4D;
}

/** A backend may bring the whole pass as one kernel. */
function forwardPass(x: tf.Tensor4D, gain: tf.Tensor1D, bias: tf.Tensor1D, epsilon: number): Normalized {
  const fused = 'SampleNormalization';
  if (tf.getKernel(fused, tf.getBackend())) {
    const [y, mean, inverse] = tf.engine().runKernel(fused, { x, gain, bias }, { epsilon }) as unknown as tf.Tensor4D[];
    return { y, mean, inverse };
  }
  const mean = x.mean([1, 2, 3], true) as tf.Tensor4D;
  const variance = x.sub(mean).square().mean([1, 2, 3], true);
  const inverse = variance.add(epsilon).rsqrt() as tf.Tensor4D;
  const scale = inverse.mul(gain) as tf.Tensor4D;
  return { y: x.mul(scale).add(bias.sub(mean.mul(scale))), mean, inverse };
}
