import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { SampleNormalization } from './sample-normalization.ts';

export interface WideResnetOptions {
  /** 6n + 4 layers, n blocks in each of the three groups. */
  depth?: number;
  /** Factor on the widths 16, 32, 64 of the groups. */
  width?: number;
  inputShape?: [number, number, number];
  classes?: number;
  normalization?: 'sample' | 'batch';
  /** Seeds the initial weights; without it they differ from call to call. */
  seed?: number;
}

/**
 * A wide residual network of pre-activation blocks without convolution biases; WRN-28-2 (1,465,827 parameters at ten classes) unless
 * told otherwise. `normalization: 'sample'` is layer normalisation per sample, as in the experiments of Katharopoulos & Fleuret.
 *
 * References: Zagoruyko & Komodakis (BMVC 2016), Wide Residual Networks; Katharopoulos & Fleuret (ICML 2018), section 4.2.
 *
 * @example
 * ```ts
 * const network = wideResnet({ seed: 1 });
 * ```
 */
export function wideResnet({
  depth = 28,
  width = 2,
  inputShape = [32, 32, 3],
  classes = 10,
  normalization = 'sample',
  seed,
}: WideResnetOptions = {}): tf.LayersModel {
  const blocks = (depth - 4) / 6;
  if (!Number.isInteger(blocks) || blocks < 1) {
    throw fault({
      wrong: 'depth of a wide residual network',
      got: `${depth}`,
      expected: '6n + 4: 10, 16, 22, 28, …',
      mend: 'choose one of these depths',
    });
  }
  let drawn = 0;
  const conv = (x: tf.SymbolicTensor, filters: number, kernelSize: number, strides: number) => {
    const kernelInitializer = tf.initializers.heNormal({ seed: seed === undefined ? undefined : seed + drawn++ } as {
      seed: number;
    });
    return tf.layers
      .conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false, kernelInitializer })
      .apply(x) as tf.SymbolicTensor;
  };
  const activate = (x: tf.SymbolicTensor) => {
    const normalize =
      normalization === 'sample' ? new SampleNormalization() : tf.layers.batchNormalization({ epsilon: 1e-3 });
    return tf.layers.reLU().apply(normalize.apply(x)) as tf.SymbolicTensor;
  };
  const block = (x: tf.SymbolicTensor, filters: number, strides: number) => {
    const inner = conv(activate(x), filters, 3, strides);
    const residual = conv(activate(inner), filters, 3, 1);
    const shortcut = x.shape[3] === filters && strides === 1 ? x : conv(x, filters, 1, strides);
    return tf.layers.add().apply([shortcut, residual]) as tf.SymbolicTensor;
  };

  const inputs = tf.input({ shape: inputShape });
  let x = conv(inputs, 16, 3, 1);
  for (const [group, filters] of [16 * width, 32 * width, 64 * width].entries()) {
    for (let i = 0; i < blocks; i++) x = block(x, filters, i === 0 && group > 0 ? 2 : 1);
  }
  x = tf.layers.globalAveragePooling2d({}).apply(activate(x)) as tf.SymbolicTensor;
  const outputs = tf.layers
    .dense({
      units: classes,
      activation: 'softmax',
      kernelInitializer: tf.initializers.glorotUniform({ seed: seed === undefined ? undefined : seed + drawn } as {
        seed: number;
      }),
    })
    .apply(x) as tf.SymbolicTensor;
  return tf.model({ inputs, outputs });
}
