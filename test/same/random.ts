/** Programs put together at random from the layers, losses and optimizers of docs/coverage.md. */
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { layerCases } from '../compiler/layer-cases.ts';
import { lossFunctions, namedLosses } from '../compiler/loss-cases.ts';
import { optimizers } from '../compiler/optimizer-cases.ts';
import { type Nudge, nudged } from './nudge.ts';
import { type Args, compileWith, noise, type Program, real, settle, stream, type Trainer, whole } from './program.ts';
import { shifted } from './programs/inputs.ts';

/** A program as plain values, so that a smaller one can be looked for. */
export interface Spec {
  /** Of one sample. */
  readonly shape: number[];
  /** Cases of `layerCases`, one after the other; those that do not fit the shape are left out. */
  readonly layers: string[];
  readonly loss: string;
  readonly optimizer: string;
  readonly secondOutput: boolean;
  readonly samples: number;
  readonly batchSize: number;
  readonly epochs: number;
  readonly validationSplit: number;
  readonly stream: boolean;
  readonly metrics: boolean;
  readonly meddling: string;
  readonly seed: number;
}

/** Layers that draw at random, and one whose gradient on the cpu backend mixes up the samples of a batch. */
const left = ['dropout in evaluation', 'upSampling2d nearest'];
const cases: { readonly [name: string]: (x: tf.SymbolicTensor) => tf.SymbolicTensor } = {
  ...Object.fromEntries(
    Object.entries(layerCases)
      .filter(([name]) => !left.includes(name))
      .map(([name, make]) => [name, (x: tf.SymbolicTensor) => make().build(x)]),
  ),
  'dropout of none': (x) => tf.layers.dropout({ rate: 0 }).apply(x) as tf.SymbolicTensor,
  'noise of none': (x) => tf.layers.gaussianNoise({ stddev: 0 }).apply(x) as tf.SymbolicTensor,
};

const losses = [...Object.keys(namedLosses), ...Object.keys(lossFunctions).map((name) => `tf: ${name}`)];
/** Losses by the logarithm of one minus a sigmoid, which near 1 is a rounding error itself; they are compared less strictly. */
const saturating = ['binaryCrossentropy', 'tf: logLoss'];
/** Four rows of targets that a loss takes. */
function targetsOf(loss: string): tf.Tensor {
  const [, name] = loss.split('tf: ');
  return name === undefined ? namedLosses[loss][0]() : lossFunctions[name][1]();
}
const activations: { readonly [loss: string]: 'softmax' | 'sigmoid' } = {
  categoricalCrossentropy: 'softmax',
  sparseCategoricalCrossentropy: 'softmax',
  kullbackLeiblerDivergence: 'softmax',
  poisson: 'softmax',
  meanSquaredLogarithmicError: 'softmax',
  binaryCrossentropy: 'sigmoid',
  'tf: logLoss': 'sigmoid',
};

type Callbacks = (model: tf.LayersModel, by: Trainer, spec: Spec) => Args['callbacks'];
const scaled = (model: tf.LayersModel, by: number): void =>
  tf.tidy(() => model.setWeights(model.getWeights().map((w) => w.mul(by))));
const probe = ({ shape, layers }: Spec): tf.Tensor => inputOf({ shape, layers }, 2, 77);
const rate = (model: tf.LayersModel): { learningRate: number } =>
  model.optimizer as unknown as { learningRate: number };

/** What callbacks do. */
const meddlings: { readonly [name: string]: Callbacks } = {
  nothing: () => undefined,
  'predict after each batch': (model, { see }, spec) => ({
    onBatchEnd: async () => tf.tidy(() => see(model.predict(probe(spec)))),
  }),
  'clip after each batch': (model) => ({
    onBatchEnd: async () => tf.tidy(() => model.setWeights(model.getWeights().map((w) => w.clipByValue(-0.4, 0.4)))),
  }),
  'shrink before each batch': (model) => ({ onBatchBegin: async () => scaled(model, 0.9) }),
  'shrink after each epoch': (model) => ({ onEpochEnd: async () => scaled(model, 0.9) }),
  'lower the rate after each batch': (model) => ({
    onBatchEnd: async () => {
      const { optimizer } = model;
      // TensorFlow.js does not read this field of sgd and momentum.
      if ('setLearningRate' in optimizer)
        (optimizer as tf.SGDOptimizer).setLearningRate(rate(model).learningRate * 0.8);
      else rate(model).learningRate *= 0.8;
    },
  }),
  'freeze the first layer after an epoch': (model) => ({
    onEpochEnd: async () => {
      model.layers.find(({ trainableWeights }) => trainableWeights.length > 0)!.trainable = false;
    },
  }),
  'stop after two batches': (model) => ({
    onBatchEnd: async (batch) => {
      if (batch === 1) model.stopTraining = true;
    },
  }),
  'look at the weights after each batch': (model, { see }) => ({ onBatchEnd: async () => see(model.getWeights()) }),
};

const size = (from: number, to: number) => fc.integer({ min: from, max: to });

export const specs: fc.Arbitrary<Spec> = fc.record({
  shape: fc.oneof<fc.Arbitrary<number[]>[]>(
    fc.constant<number[]>([6]),
    fc.tuple(size(1, 7)),
    fc.constant<number[]>([5, 4]),
    fc.tuple(size(2, 6), size(1, 4)),
    fc.constant<number[]>([6, 6, 3]),
    fc.tuple(size(3, 8), size(3, 8), size(1, 3)),
    fc.tuple(size(2, 3), size(4, 5), size(4, 5), size(1, 2)),
  ),
  layers: fc.array(fc.constantFrom(...Object.keys(cases)), { minLength: 1, maxLength: 5 }),
  loss: fc.constantFrom(...losses),
  optimizer: fc.constantFrom(...Object.keys(optimizers)),
  secondOutput: fc.boolean(),
  samples: size(1, 11),
  batchSize: size(1, 5),
  epochs: size(1, 2),
  validationSplit: fc.constantFrom(0, 0, 0.4),
  stream: fc.boolean(),
  metrics: fc.boolean(),
  meddling: fc.constantFrom(...Object.keys(meddlings)),
  seed: size(1, 1000),
});

/** Numbers that a network may have between its layers, at most. */
const widest = 800;

/** The layers that fit, one after the other. */
function body(spec: Spec, x: tf.SymbolicTensor): tf.SymbolicTensor {
  let h = x;
  for (const [k, name] of spec.layers.entries()) {
    if (name === 'embedding' && k > 0) continue;
    try {
      const next = cases[name](h);
      const shape = next.shape.slice(1) as number[];
      if (shape.every((n) => n > 0) && shape.reduce((a, b) => a * b, 1) <= widest) h = next;
    } catch {
      // The layer takes inputs of another rank, or larger ones.
    }
  }
  return h;
}

export function build(spec: Spec): tf.LayersModel {
  const x = tf.input({ shape: spec.shape, name: 'x' });
  let h = body(spec, x);
  if (h.shape.length > 2) h = tf.layers.flatten().apply(h) as tf.SymbolicTensor;
  const activation = activations[spec.loss] ?? 'linear';
  const y = tf.layers.dense({ units: 3, activation, name: 'y' }).apply(h) as tf.SymbolicTensor;
  const z = tf.layers.dense({ units: 1, name: 'z' });
  const outputs = spec.secondOutput ? [y, z.apply(h) as tf.SymbolicTensor] : y;
  const model = settle(tf.model({ inputs: x, outputs }), spec.seed);
  const [, name] = spec.loss.split('tf: ');
  const loss = name === undefined ? spec.loss : lossFunctions[name][0];
  return compileWith(model, {
    optimizer: optimizers[spec.optimizer](),
    loss: (spec.secondOutput ? [loss, 'meanSquaredError'] : loss) as string,
    metrics: spec.metrics ? ['mae'] : undefined,
  });
}

function inputOf({ shape, layers }: Pick<Spec, 'shape' | 'layers'>, n: number, seed: number): tf.Tensor {
  const ids = layers[0] === 'embedding';
  return ids ? real(whole([n, ...shape], 7, seed)) : noise([n, ...shape], seed);
}

/** Optimizers that divide by the size of the gradient: where terms cancel, what rounding leaves becomes a whole step. */
const normalising: ReadonlySet<string> = new Set(['adagrad', 'adadelta', 'adam', 'adamax', 'rmsprop']);

export function programOf(spec: Spec, nudge?: Nudge): Program {
  return {
    outcome: 'compiled',
    once: true,
    tolerance: saturating.includes(spec.loss) ? 5e-3 : normalising.has(spec.optimizer) ? 1e-3 : undefined,
    wrongThere: spec.secondOutput ? shifted : undefined,
    run: async (by) => {
      const model = build(spec);
      if (nudge) nudged(model, nudge);
      const tensors = tf.tidy(() => {
        const n = spec.samples;
        const rows = whole([n], 4, spec.seed) as tf.Tensor1D;
        return [
          inputOf(spec, n, spec.seed),
          real(tf.gather(targetsOf(spec.loss), rows)),
          ...(spec.secondOutput ? [noise([n, 1], spec.seed + 1)] : []),
        ];
      });
      const [x, ...ys] = tensors;
      const { epochs, samples, meddling } = spec;
      const batchSize = Math.min(spec.batchSize, samples);
      const callbacks = meddlings[meddling](model, by, spec);
      try {
        if (spec.stream) {
          const part = (tensor: tf.Tensor, k: number) =>
            tensor.slice([k * batchSize], [Math.min(batchSize, samples - k * batchSize)]);
          const batches = stream(Math.ceil(samples / batchSize), (k) => ({
            xs: part(x, k),
            ys: spec.secondOutput ? { y: part(ys[0], k), z: part(ys[1], k) } : part(ys[0], k),
          }));
          await by.fitDataset(model, batches, { epochs, callbacks });
        } else {
          const validated = samples > 4 && batchSize <= samples / 2;
          const validationSplit = validated ? spec.validationSplit : 0;
          await by.fit(model, x, spec.secondOutput ? ys : ys[0], { epochs, batchSize, validationSplit, callbacks });
        }
      } finally {
        tf.dispose(tensors);
        (model.optimizer as unknown as tf.SGDOptimizer).dispose();
        model.dispose();
      }
    },
  };
}
