import * as tf from '@tensorflow/tfjs';
import { augmented, type LabelledImages, loadData, perClass, subset } from '../data/index.ts';
import { smallCnn, wideResnet } from '../models/index.ts';
import { curves, type Figure, inks, number } from '../report/index.ts';
import { distribution, multinomial, Random } from '../sampling/index.ts';
import type { Experiment, TextTable } from './experiment.ts';
import { norm, Probe } from './probe.ts';
import { average, estimate, intervalNote, spearman, withInterval } from './statistics.ts';

const scores = ['loss', 'gradient norm', 'upper bound'] as const;
type Score = (typeof scores)[number];

interface Point {
  readonly step: number;
  readonly loss: number;
  /** Mean distance to the gradient of the pool, over uniform's. */
  readonly measured: { readonly [score in Score]: number };
  /** The same in root mean square and without sampling error, from the norms. */
  readonly expected: { readonly [score in Score]: number };
  /** Against the exact norm: rank correlation, and Σ(p − p*)² of the distributions. */
  readonly correlation: { readonly [score in Score]: number };
  readonly squaredError: { readonly [score in Score]: number };
}

interface Result {
  readonly set: string;
  readonly parameters: number;
  readonly points: readonly Point[];
}

interface Set {
  readonly name: string;
  readonly title: string;
  readonly paper: readonly (readonly [at: string, loss: number, gradientNorm: number, upperBound: number])[];
}

const sets: readonly Set[] = [
  {
    name: 'cifar-100',
    title: 'CIFAR-100',
    paper: [
      ['3k', 1.129, 0.9, 0.952],
      ['12k', 1.031, 0.847, 0.871],
      ['24k', 0.844, 0.759, 0.738],
      ['36k', 0.914, 0.702, 0.706],
      ['48k', 0.439, 0.389, 0.424],
    ],
  },
  {
    name: 'tiny-imagenet-32',
    title: 'Tiny ImageNet at 32 × 32 (stands in for downsampled ImageNet)',
    paper: [['mean of the last 20 points', 1.09, 0.876, 0.895]],
  },
];

const pool = 1024;
const drawn = 128;
const repetitions = 10;
/** What `small` leaves out: most of the images, so that two cores reach the later part of training. */
const smallImages = 5000;
const small = { batchSize: 64, rate: 0.02, moments: 10 };
const full = { batchSize: 128, rate: 0.1, every: 3000 };

/** How much nearer to the gradient each score's minibatches are. */
export const varianceReduction: Experiment<Result> = {
  name: 'variance-reduction',
  title: 'Variance reduction of the scores',
  about: 'How far minibatch gradients drawn by each score are from the full one (slide 7)',
  budget: 'steps',
  defaults: { small: { budget: 1500, seeds: 1 }, paper: { budget: 50_000, seeds: 1 } },

  parts: ({ seeds }) =>
    seeds.flatMap((seed) => sets.map(({ name }) => ({ key: `${name}, seed ${seed}`, seed, setting: name }))),

  async run({ key, seed }, { scale, budget, samples = pool }, { signal, say }) {
    const { name } = sets.find(({ name }) => key.startsWith(name)) as Set;
    const { train, model } = scale === 'small' ? await smallSetting(name, seed) : await paperSetting(name, seed);
    const random = new Random(seed).fork('measurements');
    const probe = new Probe(model, train, (scale === 'small' ? small : full).batchSize, seed);
    const points: Point[] = [];
    const parameters = model.countParams();
    try {
      for (const step of momentsOf(scale, budget)) {
        await probe.trainTo(step, signal);
        if (signal.aborted) break;
        const U = random.permutation(train.length).subarray(0, Math.min(samples, train.length));
        const point = { step, ...(await measure(probe, U, random)) };
        points.push(point);
        const { loss, measured } = point;
        say(`  step ${step}: loss ${number(loss)}; ${scores.map((s) => `${s} ${number(measured[s])}`).join(', ')}`);
      }
    } finally {
      await probe.dispose();
      model.dispose();
    }
    return { set: name, parameters, points };
  },

  present(results, { scale, samples = pool }) {
    const done = sets.flatMap((set) => {
      const runs = results.filter(({ result }) => result.set === set.name).map(({ result }) => result);
      return runs.length > 0 ? [{ set, runs }] : [];
    });
    const { batchSize, rate } = scale === 'small' ? small : full;
    return {
      summary: done.map(({ set, runs }) => summarize(set, runs)),
      tables: done.flatMap(({ set, runs }) => [distances(set, runs), agreement(set, runs)]),
      figures: done.map(({ set, runs }) => figureOf(set, runs[0])),
      setting: [
        scale === 'small'
          ? `${smallImages.toLocaleString('en-US')} random images of each set, balanced, and the small CNN (${done[0]?.runs[0].parameters.toLocaleString('en-US')} weights on the first set) in place of WRN-28-2.`
          : 'WRN-28-2 on 1.5 million pre-drawn augmented images of each set.',
        `Trained uniformly in batches of ${batchSize}, SGD with momentum 0.9, learning rate ${rate}. At each point ${samples} random training samples are scored and ${drawn} of them drawn ${repetitions} times per score, with replacement and weighted; a distance is that of their mean gradient to the gradient of all ${samples}. Norms are exact, over all weights.`,
        'Tiny ImageNet (200 classes, 50,000 images) stands in for downsampled ImageNet (1,000 classes, 1.28 million).',
      ],
    };
  },
};

function momentsOf(scale: 'small' | 'paper', budget: number): number[] {
  const count = scale === 'small' ? Math.min(small.moments, budget) : Math.max(1, Math.floor(budget / full.every));
  return Array.from({ length: count }, (_, k) => Math.round(((k + 1) * budget) / count));
}

async function smallSetting(name: string, seed: number): Promise<{ train: LabelledImages; model: tf.LayersModel }> {
  const { train: all } = await loadData(name, { scaling: 'standard' });
  const each = Math.floor(smallImages / all.classes);
  const train = subset(all, perClass(all.labels, new Array(all.classes).fill(each), seed));
  return { train, model: compiled(smallCnn({ classes: all.classes, seed }), small.rate) };
}

async function paperSetting(name: string, seed: number): Promise<{ train: LabelledImages; model: tf.LayersModel }> {
  const { train } = await loadData(name, { scaling: 'standard' });
  return {
    train: augmented(train, { copies: Math.ceil(1.5e6 / train.length) }),
    model: compiled(wideResnet({ classes: train.classes, seed }), full.rate),
  };
}

function compiled(model: tf.LayersModel, rate: number): tf.LayersModel {
  model.compile({ optimizer: tf.train.momentum(rate, 0.9), loss: 'categoricalCrossentropy' });
  return model;
}

/** One point of the figure: the protocol of the paper's section 4.1 on the pool `U`. */
export async function measure(probe: Probe, U: Int32Array, random: Random): Promise<Omit<Point, 'step'>> {
  const B = U.length;
  const b = Math.min(drawn, B);
  const losses = await probe.losses(U);
  const norms = await probe.scores(U, 'gradient-norm');
  const by = { loss: losses, 'gradient norm': norms, 'upper bound': await probe.scores(U, 'upper-bound') };
  const mean = await probe.gradient(U);
  const distance = async (p: Float64Array) => {
    let total = 0;
    for (let k = 0; k < repetitions; k++) {
      const { rows, weights } = multinomial(p, b, random);
      const drawn = await probe.gradient(
        Array.from(rows, (row) => U[row]),
        weights,
      );
      total += norm([drawn.map((value, j) => value - mean[j])]);
    }
    return total / repetitions;
  };
  // E‖(1/b) Σ w G − Ḡ‖² = ((1/B²) Σ ‖Gᵢ‖²/pᵢ − ‖Ḡ‖²)/b
  const squares = norm([mean]) ** 2;
  const variance = (p: Float64Array) =>
    norms.reduce((sum, norm, i) => (norm > 0 ? sum + norm ** 2 / p[i] : sum), 0) / B ** 2 - squares;

  const u = new Float64Array(B).fill(1 / B);
  const uniform = { measured: await distance(u), expected: Math.sqrt(variance(u)) };
  const exact = distribution(norms);
  const of = async (value: (p: Float64Array, score: Float64Array) => number | Promise<number>) => {
    const entries: [string, number][] = [];
    for (const score of scores) entries.push([score, await value(distribution(by[score]), by[score])]);
    return Object.fromEntries(entries) as { [score in Score]: number };
  };
  return {
    loss: average(losses),
    measured: await of(async (p) => (await distance(p)) / uniform.measured),
    expected: await of((p) => Math.sqrt(Math.max(0, variance(p))) / uniform.expected),
    correlation: await of((_, score) => spearman(score, norms)),
    squaredError: await of((p) => p.reduce((sum, p, i) => sum + (p - exact[i]) ** 2, 0)),
  };
}

type Quantity = 'measured' | 'expected' | 'correlation' | 'squaredError';

function over(runs: readonly Result[], at: number, quantity: Quantity, score: Score) {
  return estimate(runs.map(({ points }) => points[at][quantity][score]));
}

function distances({ title, paper }: Set, runs: readonly Result[]): TextTable {
  const rows = runs[0].points.map(({ step, loss }, at) => [
    step.toLocaleString('en-US'),
    number(loss),
    ...scores.map((score) => withInterval(over(runs, at, 'measured', score))),
    ...scores.map((score) => withInterval(over(runs, at, 'expected', score))),
  ]);
  const theirs = paper.map(([at, ...values]) => [
    `paper, ${at}`,
    '–',
    ...values.map((value) => number(value)),
    '–',
    '–',
    '–',
  ]);
  return {
    title: `${title}: distance to the gradient of the pool, relative to uniform`,
    head: ['iteration', 'loss', ...scores, ...scores.map((score) => `${score}, expected`)],
    rows: [...rows, ...theirs],
    note: `${intervalNote(runs.length)} A mean of ${repetitions} distances is good to some per cent; “expected” follows from all norms, without drawing.`,
  };
}

function agreement({ title }: Set, runs: readonly Result[]): TextTable {
  const others = ['loss', 'upper bound'] as const;
  return {
    title: `${title}: agreement with the exact gradient norm`,
    head: [
      'iteration',
      ...others.map((score) => `Spearman, ${score}`),
      ...others.map((score) => `Σ(p − p*)², ${score}`),
    ],
    rows: runs[0].points.map(({ step }, at) => [
      step.toLocaleString('en-US'),
      ...others.map((score) => withInterval(over(runs, at, 'correlation', score))),
      ...others.map((score) => withInterval(over(runs, at, 'squaredError', score))),
    ]),
  };
}

function summarize({ title }: Set, runs: readonly Result[]): string {
  const points = runs.flatMap(({ points }) => points);
  const gap = (score: Score) => average(points.map(({ expected }) => expected[score] / expected['gradient norm'] - 1));
  const worse = points.filter(
    ({ expected }) => expected.loss > expected['upper bound'] && expected.loss > expected['gradient norm'],
  ).length;
  const per = (value: number) => `${number(100 * value, 2)} %`;
  return `${title}: the upper bound is ${per(gap('upper bound'))} above the exact gradient norm on average, the loss ${per(gap('loss'))}; the loss is worse than both at ${worse} of ${points.length} points.`;
}

function figureOf({ name, title }: Set, { points }: Result): Figure | undefined {
  const lines = new Map([
    ['uniform', points.map(({ step }) => ({ x: step, y: 1 }))],
    ...scores.map((score) => [score, points.map(({ step, measured }) => ({ x: step, y: measured[score] }))] as const),
  ]);
  return curves({
    title,
    name: `${name}: gradient distance`,
    caption: `Mean L2 distance of the gradient of ${drawn} drawn samples to that of the whole pool, divided by uniform’s; logarithmic axis. First seed.`,
    lines,
    inks: inks([...lines.keys()]),
    x: { label: 'iteration' },
    y: { label: 'distance ÷ uniform’s' },
  });
}
