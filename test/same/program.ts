/** What a program of the table is, and what its programs share. */
import * as tf from '@tensorflow/tfjs';
import type { FitArgs, FitDatasetArgs } from '../../src/fit/options.ts';

/** Arguments that `model.fit` and `fit` both take. */
export type Args = Partial<tf.ModelFitArgs> & Partial<Pick<FitArgs, 'seed'>>;
export type DatasetArgs = Partial<tf.ModelFitDatasetArgs<tf.TensorContainer>> & Partial<Pick<FitDatasetArgs, 'seed'>>;
export type Tensors = tf.Tensor | tf.Tensor[] | { [name: string]: tf.Tensor };
// biome-ignore lint/suspicious/noExplicitAny: model.fitDataset takes streams of several types, and bare iterators at run time.
export type Stream = any;

/** By what a program trains: `model.fit`, or `fit` in its place. */
export interface Trainer {
  /** Two epochs of batches of 8 in the order given, unless `args` say otherwise. */
  fit(model: tf.LayersModel, x: Tensors, y: Tensors, args?: Args): Promise<tf.History>;
  fitDataset(model: tf.LayersModel, stream: Stream, args?: DatasetArgs): Promise<tf.History>;
  /** Notes what the program saw: it must be the same whatever trains. Tensors stay the program's. */
  see(...what: (tf.Tensor | tf.Tensor[] | number | string | undefined)[]): void;
  /** Names a tensor of the user's own, which must read the same after every training. */
  mine<T extends tf.Tensor>(tensor: T): T;
}

/**
 * What `fit` does with a program: trains it compiled; trains it eagerly after one warning; refuses it before its first
 * step.
 */
export type Outcome = 'compiled' | 'eager' | 'refused';

export interface Program {
  readonly outcome: Outcome;
  /** Makes everything afresh, and trains. */
  readonly run: (by: Trainer) => Promise<void>;
  /** Of a program that is not trained on afterwards, to see what it left behind. */
  readonly once?: true;
  /** What `fit` still does otherwise with it. The test then wants it to differ: a row that has come right says so. */
  readonly known?: string;
  /** Notes whose numbers `model.fit` itself gets wrong. */
  readonly wrongThere?: RegExp;
  /** How far its numbers may be off, where that is more than elsewhere. */
  readonly tolerance?: number;
}

export type Programs = { readonly [words: string]: Program };

/** A row that is trained compiled. */
export const compiled = (run: Program['run'], more: Partial<Program> = {}): Program => ({
  outcome: 'compiled',
  run,
  ...more,
});
/** A row that is trained eagerly, after one warning. */
export const eager = (run: Program['run'], more: Partial<Program> = {}): Program => ({
  outcome: 'eager',
  run,
  ...more,
});
/** A row that is refused. */
export const refused = (run: Program['run'], more: Partial<Program> = {}): Program => ({
  outcome: 'refused',
  run,
  ...more,
});

/** Normal numbers, the same each time, of real floats (see `real`). */
export const noise = (shape: number[], seed = 1, deviation = 1): tf.Tensor =>
  tf.randomNormal(shape, 0, deviation, 'float32', seed);
export const whole = (shape: number[], below: number, seed = 1): tf.Tensor =>
  tf.randomUniform(shape, 0, below, 'int32', seed);
/** A copy that holds what it reads as: on `cpu` a cast of one-hot rows keeps the integers it was made of. */
export const real = (tensor: tf.Tensor): tf.Tensor => tf.tensor(Float32Array.from(tensor.dataSync()), tensor.shape);
export const oneHot = (shape: number[], classes: number, seed = 1): tf.Tensor =>
  real(tf.oneHot(whole(shape, classes, seed) as tf.Tensor1D, classes));
export const bits = (shape: number[], seed = 1): tf.Tensor => real(whole(shape, 2, seed));

/** Sets every matrix of a model to numbers that are the same each time, whatever its initialisers drew. */
export function settle<M extends tf.LayersModel>(model: M, seed = 1): M {
  tf.tidy(() => {
    const weights = model.getWeights();
    model.setWeights(
      weights.map((weight, k) => {
        if (weight.rank < 2) return weight;
        const width = weight.shape.slice(0, -1).reduce((a, b) => a * b, 1);
        return tf.randomNormal(weight.shape, 0, Math.min(0.5, 1 / Math.sqrt(width)), 'float32', 100 * seed + k);
      }),
    );
  });
  return model;
}

export type CompileArgs = Partial<tf.ModelCompileArgs> & { readonly metrics?: unknown };
/** A model of these layers, settled and compiled, with sgd and the mean squared error unless said otherwise. */
export function net(layers: tf.layers.Layer[], args: CompileArgs = {}, seed = 1): tf.Sequential {
  const model = settle(tf.sequential({ layers }), seed);
  return compileWith(model, args);
}
export function compileWith<M extends tf.LayersModel>(model: M, args: CompileArgs = {}): M {
  model.compile({ optimizer: tf.train.sgd(0.05), loss: 'meanSquaredError', ...args } as tf.ModelCompileArgs);
  return model;
}

/** Two dense layers from 4 numbers to 1, and 28 samples for them. */
export const small = (args: CompileArgs = {}, between: tf.layers.Layer[] = [], units = 1): tf.Sequential =>
  net(
    [tf.layers.dense({ units: 5, inputShape: [4], activation: 'tanh' }), ...between, tf.layers.dense({ units })],
    args,
  );
export const data = (units = 1, n = 28): [x: tf.Tensor, y: tf.Tensor] =>
  tf.tidy(() => {
    const x = noise([n, 4]);
    return [x, x.slice([0, 0], [n, units]).mul(2).add(1)];
  });

/** A layer that computes `call` of its input; `shape` where that changes the shape. */
export function layerOf(
  call: (x: tf.Tensor, layer: tf.layers.Layer) => tf.Tensor,
  { shape = (s: number[]) => s, inputShape }: { shape?: (s: number[]) => number[]; inputShape?: number[] } = {},
): tf.layers.Layer {
  class Own extends tf.layers.Layer {
    static className = `Own${++own}`;
    override computeOutputShape(input: tf.Shape | tf.Shape[]): tf.Shape {
      return shape(input as number[]);
    }
    override call(input: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.tidy(() => call(Array.isArray(input) ? input[0] : input, this));
    }
  }
  return new Own({ inputShape });
}
let own = 0;

/** A `tf.data` stream that makes its batches anew each pass. */
export const stream = (batches: number, make: (k: number) => { xs: Tensors; ys: Tensors }): Stream =>
  tf.data.generator(function* () {
    for (let k = 0; k < batches; k++) yield make(k) as unknown as tf.TensorContainer;
  });
