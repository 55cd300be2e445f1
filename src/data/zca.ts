import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { type Checks, checkedOptions, elsewhere } from '../options.ts';
import { checkIndices, type ImageBatch, type ImageSplits, type LabelledImages, oneHot } from './images.ts';
import { inverseSquareRoot } from './inverse-square-root.ts';
import { passedOn, shownAs } from './passed-on.ts';

export interface ZcaOptions {
  /** ε: what is added to every variance, as a share of the mean variance; bounds the amplification of noise. Default 0.1. */
  readonly epsilon?: number;
}

const checks: Checks<ZcaOptions> = { epsilon: elsewhere };

/** (x − mean) · matrix: the whitening of inputs of d numbers. */
export interface Whitening {
  readonly mean: Float32Array;
  /** d × d, symmetric, row by row. */
  readonly matrix: Float32Array;
}

/** Rows of a block: sums within it are float32, those of blocks float64. */
const BLOCK = 1000;

/**
 * Zero-phase whitening of a training set: (C + ε·(tr C/d)·I)^(−1/2) for the covariance C of all its inputs, flattened.
 * The products run on the backend of TensorFlow.js that is set; of 32 × 32 × 3 inputs that should not be `cpu`.
 *
 * Reference: Bell & Sejnowski, The “Independent Components” of Natural Scenes Are Edge Filters, Vision Research 37, 1997.
 *
 * @example
 * ```ts
 * const { train, test } = await loadData('cifar-10');
 * const whitening = await zca(train);
 * const held = whitened(test, whitening);
 * ```
 */
export async function zca(train: LabelledImages, options: ZcaOptions = {}): Promise<Whitening> {
  const { epsilon = 0.1 } = checkedOptions('zca', options, checks);
  if (!(epsilon > 0 && epsilon < Infinity)) {
    throw fault({ wrong: 'bad epsilon of whitening', got: epsilon, expected: 'a share of the mean variance, > 0' });
  }
  const { mean, covariance } = await moments(train);
  const d = mean.length;
  let trace = 0;
  for (let i = 0; i < d; i++) trace += covariance[i * d + i];
  if (!(trace > 0 && trace < Infinity)) {
    throw fault({ wrong: `${train.name} cannot be whitened`, got: `a variance of ${trace}`, expected: 'one above 0' });
  }
  for (let i = 0; i < d; i++) covariance[i * d + i] += (epsilon * trace) / d;
  const matrix = await inverseSquareRoot(covariance, d, (epsilon * trace) / d);
  return { mean: Float32Array.from(mean), matrix };
}

/** Mean and covariance of the flattened inputs, in one pass each. */
async function moments(train: LabelledImages): Promise<{ mean: Float64Array; covariance: Float64Array }> {
  const d = sizeOf(train);
  const n = train.length;
  const mean = new Float64Array(d);
  for await (const { data } of blocks(train)) {
    for (let k = 0; k < data.length; k += d) for (let j = 0; j < d; j++) mean[j] += data[k + j] / n;
  }
  const covariance = new Float64Array(d * d);
  for await (const { data, rows } of blocks(train)) {
    for (let k = 0; k < data.length; k += d) for (let j = 0; j < d; j++) data[k + j] -= mean[j];
    const sums = tf.tidy(() => {
      const x = tf.tensor2d(data, [rows, d]);
      return tf.matMul(x, x, true, false);
    });
    const values = await sums.data();
    sums.dispose();
    for (let i = 0; i < values.length; i++) covariance[i] += values[i] / n;
  }
  return { mean, covariance };
}

async function* blocks(train: LabelledImages): AsyncGenerator<{ data: Float32Array; rows: number }> {
  for (let from = 0; from < train.length; from += BLOCK) {
    const rows = Math.min(BLOCK, train.length - from);
    yield { data: (await train.batch(Int32Array.from({ length: rows }, (_, k) => from + k))).xs.data, rows };
  }
}

/**
 * Images whose inputs are whitened, each when it is first asked for and then kept (12 kB for one of 32 × 32 × 3) up to a
 * number of bytes, default 1 GiB. What `image` gives stays as it was.
 *
 * @example
 * ```ts
 * const { train } = await loadData('cifar-10');
 * const white = whitened(train, await zca(train));
 * ```
 */
export function whitened(images: LabelledImages, { mean, matrix }: Whitening, keepBytes = 2 ** 30): LabelledImages {
  const d = sizeOf(images);
  if (mean.length !== d) {
    throw fault({
      wrong: `${images.name} does not go with this whitening`,
      got: `inputs of ${d} numbers`,
      expected: `${mean.length}`,
    });
  }
  const { name, length, inputShape, classes, classNames, labels } = images;
  const kept = new Map<number, Float32Array>();
  const most = Math.floor(keepBytes / (4 * d));

  const whiten = async (indices: readonly number[]) => {
    const { data } = (await images.batch(indices)).xs;
    for (let k = 0; k < data.length; k += d) for (let j = 0; j < d; j++) data[k + j] -= mean[j];
    const product = tf.tidy(() => tf.matMul(tf.tensor2d(data, [indices.length, d]), tf.tensor2d(matrix, [d, d])));
    const values = await product.data();
    product.dispose();
    return new Map(indices.map((i, k) => [i, values.slice(k * d, (k + 1) * d) as Float32Array]));
  };

  const missingOf = (indices: ArrayLike<number>) => [...new Set(Array.from(indices).filter((i) => !kept.has(i)))];
  const batch = async (indices: ArrayLike<number>): Promise<ImageBatch> => {
    checkIndices(indices, length);
    const missing = missingOf(indices);
    const fresh = missing.length > 0 ? await whiten(missing) : kept;
    const data = new Float32Array(indices.length * d);
    for (let k = 0; k < indices.length; k++) data.set((kept.get(indices[k]) ?? fresh.get(indices[k]))!, k * d);
    for (const [i, values] of fresh) if (kept.size < most) kept.set(i, values);
    return {
      xs: { data, shape: [indices.length, ...inputShape], dtype: 'float32' },
      ys: oneHot(labels, indices, classes),
    };
  };

  return {
    name: `${name}, whitened`,
    length,
    inputShape,
    classes,
    classNames,
    labels,
    batch,
    ...passedOn(images, missingOf),
    ...shownAs(images),
    image: (i) => images.image(i),
  };
}

/** Both parts, whitened by the statistics of the training part. */
export async function whitenSplits({ train, test }: ImageSplits, options?: ZcaOptions): Promise<ImageSplits> {
  const whitening = await zca(train, options);
  return { train: whitened(train, whitening), test: whitened(test, whitening) };
}

function sizeOf({ inputShape }: LabelledImages): number {
  return inputShape.reduce((product, dimension) => product * dimension, 1);
}
