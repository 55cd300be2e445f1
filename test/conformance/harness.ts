import * as tf from '@tensorflow/tfjs';
import { Clock } from '../../src/fit/clock.ts';
import { arrayProvider, type Provider } from '../../src/fit/provider.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { type PlacedSource, ShuffledSource } from '../../src/fit/source.ts';
import { StreamSource } from '../../src/fit/stream-source.ts';
import { Trainer } from '../../src/fit/trainer.ts';
import { LossWeights } from '../../src/fit/weights.ts';
import type { ModelBatch } from '../../src/learner/batch.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import type { Counters } from '../../src/learner/learner.ts';
import { compiledModel } from '../../src/learner/model.ts';
import type { Method } from '../../src/methods/method.ts';
import { pairLoss, tripletLoss } from '../../src/methods/mining/triplet-loss.ts';
import { methodNamed, registry } from '../../src/methods/registry.ts';
import { Random } from '../../src/sampling/random.ts';

export const features = 4;
export const classes = 3;

export type Loss = string | ((labels: tf.Tensor, embeddings: tf.Tensor) => tf.Tensor);

export interface ModelOptions {
  optimizer?: tf.Optimizer;
  loss?: Loss;
  dropout?: number;
  batchNorm?: boolean;
}

/** A classifier, or an embedding where the loss is not a named one, with weights that are always the same. */
export function tinyModel(options: ModelOptions = {}): tf.LayersModel {
  const { optimizer = tf.train.sgd(0.1), loss = 'categoricalCrossentropy', dropout = 0, batchNorm = false } = options;
  const init = (seed: number) => tf.initializers.glorotNormal({ seed });
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 6, activation: 'tanh', inputShape: [features], kernelInitializer: init(1) }));
  if (batchNorm) model.add(tf.layers.batchNormalization());
  if (dropout > 0) model.add(tf.layers.dropout({ rate: dropout }));
  const activation = typeof loss === 'string' ? 'softmax' : 'linear';
  model.add(tf.layers.dense({ units: classes, activation, kernelInitializer: init(2) }));
  model.compile({ optimizer, loss: loss as string });
  return model;
}

/** Three overlapping clouds; some samples are easy, some lie between the classes. */
export function tinyData(n: number, seed = 7): { x: tf.Tensor2D; y: tf.Tensor2D; labels: Int32Array } {
  const random = new Random(seed);
  const centres = [
    [2, 0, 0, 0],
    [0, 2, 0, 0],
    [0, 0, 2, 0],
  ];
  const labels = Int32Array.from({ length: n }, (_, i) => i % classes);
  const x = Float32Array.from({ length: n * features }, (_, k) => {
    const i = Math.floor(k / features);
    return centres[labels[i]][k % features] + (i % 4 === 0 ? 1.5 : 0.4) * random.normal();
  });
  const y = new Float32Array(n * classes);
  for (let i = 0; i < n; i++) y[i * classes + labels[i]] = 1;
  return { x: tf.tensor2d(x, [n, features]), y: tf.tensor2d(y, [n, classes]), labels };
}

export function tinyProvider(model: tf.LayersModel, n: number): Provider {
  const compiled = compiledModel(model);
  const { x, y } = tinyData(n);
  const provider = arrayProvider(compiled, x, y, undefined, new LossWeights(compiled, undefined));
  tf.dispose([x, y]);
  return provider;
}

export interface RunOptions {
  model?: tf.LayersModel;
  n?: number;
  batchSize?: number;
  /** Number of steps that is the whole budget. */
  budget?: number;
  seed?: number;
  stream?: boolean;
  shuffle?: boolean;
  /** Told what is asked for next; the run then tells. */
  soon?: (indices: ArrayLike<number>) => void;
  /** Told what is asked for. */
  asked?: (indices: ArrayLike<number>) => void;
  /** Seconds on its clock, from what the learner has done so far. Default: 2⁻¹⁰ with every look, so that sums are exact. */
  now?: (counters: Counters) => number;
}

/** A run of a method, one step at a time, on a clock that ticks with every look. */
export class TinyRun {
  readonly model: tf.LayersModel;
  readonly learner: EagerLearner;
  readonly trainer: Trainer;
  readonly provider: Provider;
  private readonly batchSize: number;
  private readonly tells: boolean;

  constructor(method: Method, options: RunOptions = {}) {
    const { n = 40, batchSize = 8, budget = 20, seed = 3, stream = false, shuffle = true, now } = options;
    this.model = options.model ?? tinyModel();
    this.batchSize = batchSize;
    this.learner = new EagerLearner(this.model);
    const { soon, asked } = options;
    const all = tinyProvider(this.model, n);
    const batch: Provider['batch'] = (indices) => {
      asked?.(indices);
      return all.batch(indices);
    };
    this.tells = soon !== undefined;
    this.provider = { length: n, batch, ...(soon && { soon }) };
    const random = new Random(seed);
    let ticks = 0;
    this.trainer = new Trainer({
      learner: this.learner,
      source: stream
        ? streamOf(this.provider, batchSize)
        : new ShuffledSource(this.provider, shuffle ? random.fork('order') : null),
      method,
      clock: new Clock(() => now?.(this.learner.counters) ?? ++ticks / 1024),
      random,
      batchSize,
      length: stream ? undefined : n,
      metricNames: [],
      progress: () => Math.min(1, this.trainer.step / budget),
    });
  }

  async step(size = this.batchSize): Promise<StepReport> {
    return this.trainer.train(size, { epoch: 0, batch: this.trainer.step }, this.tells ? [size, size] : []);
  }

  async steps(count: number): Promise<StepReport[]> {
    const reports: StepReport[] = [];
    for (let k = 0; k < count; k++) reports.push(await this.step());
    return reports;
  }

  /** All weights, trained or not. */
  weights(): number[][] {
    return this.model.getWeights().map((weight) => Array.from(weight.dataSync()));
  }

  /** Frees the model and the optimizer's slots. */
  dispose(): void {
    this.model.optimizer.dispose();
    this.model.dispose();
  }
}

function streamOf(provider: Provider, batchSize: number): PlacedSource {
  const open = async () => {
    let at = 0;
    const next = async (): Promise<IteratorResult<ModelBatch>> => {
      const from = at;
      at = (at + batchSize) % provider.length;
      const indices = Int32Array.from({ length: batchSize }, (_, k) => (from + k) % provider.length);
      return { value: await provider.batch(indices), done: false };
    };
    return { next };
  };
  return new StreamSource(open);
}

export interface Case {
  readonly name: string;
  /** Its entry in the registry. */
  readonly of: string;
  readonly method: () => Method;
  readonly loss?: Loss;
}

/** Options that let importance sampling start soon and not by the clock. */
const started = { start: 1.001 };

const options: { [method: string]: () => object } = {
  importance: () => started,
  lossSampling: () => started,
  gradientNorm: () => started,
  biased: () => started,
  smoothed: () => started,
  paper2018: () => ({ presample: 3, threshold: 1.001 }),
  constantTime: () => ({ threshold: 1.001 }),
  constantVariance: () => ({ backwardTime: 50, extraSamples: 0 }),
  rhoLoss: () => ({ irreducible: new Float32Array(40).fill(0.1), presample: 3 }),
  onlineBatchSelection: () => ({ recompute: 1 }),
  randomSubset: () => ({ share: 0.4 }),
  infoBatch: () => ({ delta: 0.95 }),
};

const losses: { [method: string]: () => Loss } = {
  semiHardMining: () => tripletLoss(),
  hardMining: () => tripletLoss(),
  hardestPairs: () => pairLoss(),
};

/** Variants that are methods of their own. */
const variants: { [method: string]: { [variant: string]: object } } = {
  importance: { 'measured start': { start: 'measured' } },
  gradientNorm: { 'over the data': { over: 'data' } },
  prioritized: { 'by rank': { variant: 'rank' } },
  onlineBatchSelection: { 'part recomputed': { recompute: 1, ratio: 0.3 } },
  storedScores: { loss: { score: 'loss', recompute: 1 } },
  approximate: { loss: { score: 'loss' } },
  randomSubset: { 'with replacement': { share: 0.4, replacement: true } },
  smoothed: {
    additive: { ...started, smoothing: { additive: 0.1 } },
    power: { ...started, smoothing: { power: 0.5 } },
  },
  rhoLoss: { model: { irreducible: 'model', presample: 3 } },
};

/** Every method of the registry, and its variants. */
export const cases: readonly Case[] = registry.flatMap(({ name }) => {
  const loss = losses[name]?.();
  const plain: Case = { name, of: name, loss, method: () => methodNamed(name, options[name]?.()) };
  const others = Object.entries(variants[name] ?? {}).map(([variant, own]) => ({
    name: `${name}, ${variant}`,
    of: name,
    loss,
    method: () => methodNamed(name, 'irreducible' in own ? { ...own, irreducible: tinyModel() } : own),
  }));
  return [plain, ...others];
});

/** The method started by hand: its entry promises what the test needs. */
export function casesWhere(condition: (entry: (typeof registry)[number]) => boolean): readonly Case[] {
  return cases.filter(({ of }) => condition(registry.find(({ name }) => name === of)!));
}
