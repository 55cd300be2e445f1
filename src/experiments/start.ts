import * as tf from '@tensorflow/tfjs';
import { mnist } from '../data/index.ts';
import { fit, importance, stepDecay } from '../index.ts';
import { mnistCnn } from '../models/index.ts';
import { curves, type Figure, inks, number } from '../report/index.ts';
import { Random } from '../sampling/index.ts';
import type { Experiment } from './experiment.ts';
import { average } from './statistics.ts';
import { varianceGain } from './variance-gain.ts';
import { watched } from './watched.ts';

interface Point {
  readonly step: number;
  /** The method's moving average of τ, and the threshold it puts in the place of its measured cost. */
  readonly tau: number | null;
  readonly threshold: number | null;
  /** Var of a uniform minibatch's gradient ÷ that of an importance step. */
  readonly gain: number;
  /** Seconds of an importance step ÷ those of a uniform one. */
  readonly cost: number;
  readonly on: boolean;
}

interface Switched {
  readonly step: number;
  readonly on: boolean;
  readonly why: string;
}

interface Result {
  readonly points: readonly Point[];
  readonly switches: readonly Switched[];
  readonly lastLoss: number;
}

const batchSize = 64;
const presample = 3;
const learningRate = 0.05;
const moments = 40;
/** Samples whose exact gradients tell the variance at a moment. */
const looked = 3072;

/** Where the switch of Algorithm 1 fires, and where, with hindsight, it should have. */
export const start: Experiment<Result> = {
  name: 'start',
  title: 'When importance sampling starts',
  about: 'τ, the realised variance gain and the measured cost over training (slide 9)',
  budget: 'steps',
  defaults: { small: { budget: 12_000, seeds: 3 }, paper: { budget: 50_000, seeds: 3 } },

  parts: ({ seeds }) => seeds.map((seed) => ({ key: `seed ${seed}`, seed })),

  async run({ seed }, { budget, samples = looked }, { signal, say }) {
    const { train } = await mnist();
    const model = mnistCnn({ seed: 10 * seed });
    model.compile({ optimizer: tf.train.momentum(learningRate, 0.9), loss: 'categoricalCrossentropy' });
    const points: Point[] = [];
    const switches: Switched[] = [];
    const random = new Random(seed).fork('measurements');
    const every = Math.max(1, Math.floor(budget / moments));
    const measured = watched(
      importance({ presample, scores: 'fresh', costs: 'measured' }),
      every,
      async (step, pick, { learner, source, costs }) => {
        const cost = costs.relative(presample);
        if (cost === undefined) return;
        const U = random.permutation(train.length).subarray(0, samples);
        const gain = await varianceGain(learner, (indices) => source.at(indices), U, { batchSize, presample });
        const { tau = null, threshold = null, phase } = pick.report;
        points.push({ step, tau, threshold, gain, cost, on: phase === 'importance' });
        say(`  step ${step}: τ ${number(tau)}, gain ${number(gain)}, cost ${number(cost)}`);
      },
    );
    const controller = new AbortController();
    let lastLoss = 0;
    await fit(model, train, {
      method: measured,
      batchSize,
      epochs: Math.ceil((budget * batchSize) / train.length),
      schedule: stepDecay([0.5, 0.8], 5),
      seed,
      signal: controller.signal,
      engine: 'compiled',
      verbose: 0,
      onStep: ({ step, switched, loss }) => {
        if (switched) switches.push({ step, ...switched });
        lastLoss = 0.99 * (step === 0 ? loss : lastLoss) + 0.01 * loss;
        if (step + 1 >= budget || signal.aborted) controller.abort();
      },
    });
    model.dispose();
    return { points, switches, lastLoss };
  },

  present(results) {
    const first = results[0]?.result;
    if (first === undefined) return { summary: [], tables: [], figures: [], setting: [] };
    const { points, switches } = first;
    const yes = (value: boolean) => (value ? 'on' : 'off');
    const all = results.flatMap(({ result }) => result.points);
    const right = all.filter(({ on, gain, cost }) => on === gain > cost).length;
    const fired = switches.find(({ on }) => on);
    const should = points.find(({ gain, cost }) => gain > cost);
    return {
      summary: [
        `The switch ${fired ? `first fired at step ${fired.step} (${fired.why})` : 'never fired'}; with hindsight the gain first exceeded the cost ${should ? `by step ${should.step}` : 'at no measured point'}. It agrees with hindsight at ${right} of ${all.length} points${results.length > 1 ? ` of ${results.length} seeds` : ' of one seed'}.`,
        `The mean gain is ${number(average(all.map(({ gain }) => gain)))}, the mean cost ${number(average(all.map(({ cost }) => cost)))}.`,
      ],
      tables: [
        {
          title: 'Over training, first seed, every other point',
          head: ['step', 'τ', 'threshold', 'variance gain', 'cost', 'was', 'should be'],
          rows: points
            .filter((_, k) => k % 2 === 1)
            .map(({ step, tau, threshold, gain, cost, on }) => [
              step.toLocaleString('en-US'),
              number(tau),
              number(threshold),
              number(gain),
              number(cost),
              yes(on),
              yes(gain > cost),
            ]),
          note: 'Gain: variance of the gradient of a uniform minibatch ÷ that of an importance step, presample included, with replacement. Cost: seconds of an importance step ÷ those of a uniform one, as measured by then. Sampling pays where gain exceeds cost. A small variance is no aim by itself: where the learning rate limits progress, neither pays.',
        },
        {
          title: 'Switches, first seed',
          head: ['step', 'turned', 'why'],
          rows: switches.slice(0, 20).map(({ step, on, why }) => [step.toLocaleString('en-US'), yes(on), why]),
        },
      ],
      figures: [figureOf(points)],
      setting: [
        `MNIST, tiny CNN, batches of ${batchSize}, presample ${presample * batchSize}, SGD with momentum 0.9, learning rate ${learningRate}, divided by 5 at half and at 80 % of the steps; importance({ scores: 'fresh', costs: 'measured' }), unbiased, which measures the cost while training.`,
        `The slide's constants, t_b = 2 t_f, make the threshold (B + 3b)/(3b) = ${number(1 + presample / 3)} for B = ${presample}b. τ is the published square root.`,
      ],
    };
  },
};

function figureOf(points: readonly Point[]): Figure | undefined {
  const line = (y: (point: Point) => number | null) =>
    points.map((point) => ({ x: point.step, y: y(point) ?? Number.NaN }));
  const lines = new Map([
    ['τ', line(({ tau }) => tau)],
    ['variance gain', line(({ gain }) => gain)],
    ['cost', line(({ cost }) => cost)],
  ]);
  return curves({
    title: 'τ, gain and cost',
    caption:
      'Importance sampling is on where τ exceeds the cost, and pays where the gain does; logarithmic axis. First seed.',
    lines,
    inks: inks([...lines.keys()]),
    x: { label: 'step' },
    y: { label: 'τ, gain, cost' },
  });
}
