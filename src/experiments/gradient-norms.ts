import * as Plot from '@observablehq/plot';
import * as tf from '@tensorflow/tfjs';
import { mnist } from '../data/index.ts';
import { smallCnn } from '../models/index.ts';
import { count, curves, type Figure, figure, inks, number, percent, plot } from '../report/index.ts';
import { grid } from '../report/plot.ts';
import { Random } from '../sampling/index.ts';
import type { Experiment } from './experiment.ts';
import { Probe } from './probe.ts';
import { average, estimate, intervalNote, withInterval } from './statistics.ts';

interface Point {
  readonly step: number;
  readonly loss: number;
  readonly mean: number;
  /** The norms that 50, 90 and 99 % of the samples are below. */
  readonly quantiles: readonly [number, number, number];
}

interface Result {
  readonly points: readonly Point[];
  /** Norms at the last iteration, ascending. */
  readonly norms: readonly number[];
}

/** Twice the slide's. */
const looked = 2048;
const batchSize = 64;
const learningRate = 0.02;
const moments = 20;

/** Slide 2: share of the samples whose gradient norm is below each, after 2,000 iterations. */
const paper = [
  { below: 0.1, share: 0.85 },
  { below: 0.3, share: 0.9 },
  { below: 1, share: 0.95 },
  { below: 10, share: 0.97 },
];

/** Most samples have no gradient to speak of: what importance sampling lives on. */
export const gradientNorms: Experiment<Result> = {
  name: 'gradient-norms',
  title: 'Gradient norms of the small CNN on MNIST',
  about: 'How many samples still have a gradient (slide 2)',
  budget: 'steps',
  defaults: { small: { budget: 2000, seeds: 3 }, paper: { budget: 2000, seeds: 3 } },

  parts: ({ seeds }) => seeds.map((seed) => ({ key: `seed ${seed}`, seed })),

  async run({ seed }, { budget, samples = looked }, { signal, say }) {
    const { train } = await mnist();
    const model = smallCnn({ inputShape: [28, 28, 1], seed });
    model.compile({ optimizer: tf.train.momentum(learningRate, 0.9), loss: 'categoricalCrossentropy' });
    const probe = new Probe(model, train, batchSize, seed);
    const chosen = new Random(seed).fork('chosen').permutation(train.length).subarray(0, samples);
    const points: Point[] = [];
    let norms = new Float64Array();
    try {
      for (const step of new Set(Array.from({ length: moments + 1 }, (_, k) => Math.round((k * budget) / moments)))) {
        await probe.trainTo(step, signal);
        if (signal.aborted) break;
        norms = (await probe.scores(chosen, 'gradient-norm')).sort() as Float64Array<ArrayBuffer>;
        const at = (share: number) => norms[Math.min(samples - 1, Math.floor(share * samples))];
        const loss = average(await probe.losses(chosen));
        points.push({ step, loss, mean: average(norms), quantiles: [at(0.5), at(0.9), at(0.99)] });
        say(`  step ${step}: loss ${number(loss)}, median norm ${number(at(0.5))}`);
      }
    } finally {
      await probe.dispose();
      model.dispose();
    }
    return { points, norms: [...norms] };
  },

  present(results, { budget, samples = looked }) {
    const shares = paper.map(({ below, share }) => ({
      below,
      share,
      ours: estimate(results.map(({ result: { norms } }) => norms.filter((g) => g < below).length / norms.length)),
    }));
    const first = results[0]?.result;
    return {
      summary: first
        ? [
            `After ${budget} iterations ${percent(shares[0].ours.mean)} of the samples have a gradient norm below 0.1 (the slide: 85 % after 2,000), and the one per cent with the largest have one above ${number(first.points.at(-1)?.quantiles[2])}.`,
          ]
        : [],
      tables: [
        {
          title: `Share of ${count(samples)} training samples by gradient norm, after ${budget} iterations`,
          head: ['gradient norm below', 'ours', 'paper'],
          rows: shares.map(({ below, share, ours }) => [
            String(below),
            withInterval(ours, (value) => percent(value)),
            percent(share, 2),
          ]),
          note: intervalNote(results.length),
        },
        {
          title: 'Over training, seed 1',
          head: ['iteration', 'training loss', 'mean norm', 'median', '90 % below', '99 % below'],
          rows: (first?.points ?? []).map(({ step, loss, mean, quantiles }) =>
            [step.toLocaleString('en-US')].concat([loss, mean, ...quantiles].map((value) => number(value))),
          ),
        },
      ],
      figures: first ? [overTraining(first.points), distribution(first.norms, budget)] : [],
      setting: [
        `MNIST, 60,000 digits; the small CNN (3×3 convolutions of 32, 32 and 64 filters, dense 128), batches of ${batchSize}, SGD with momentum 0.9, learning rate ${learningRate}, uniform sampling.`,
        `Norms are exact, over all weights, of the same ${count(samples)} random training samples; losses are theirs.`,
        'The slide looks at 1,024 samples and does not give batch size and learning rate.',
      ],
    };
  },
};

function overTraining(points: readonly Point[]): Figure | undefined {
  const line = (y: (point: Point) => number) => points.map((point) => ({ x: point.step, y: y(point) }));
  const lines = new Map([
    ['training loss', line(({ loss }) => loss)],
    ['mean norm', line(({ mean }) => mean)],
    ['median norm', line(({ quantiles }) => quantiles[0])],
    ['99 % below', line(({ quantiles }) => quantiles[2])],
  ]);
  return curves({
    title: 'Training loss and gradient norms',
    caption: `Loss and exact gradient norms of the same random training samples, first seed; logarithmic axis.`,
    lines,
    inks: inks([...lines.keys()]),
    x: { label: 'iteration' },
    y: { label: 'loss, norm' },
  });
}

function distribution(norms: readonly number[], step: number): Figure {
  const floor = 1e-6;
  const points = norms.map((norm, i) => ({ norm: Math.max(norm, floor), share: (100 * (i + 1)) / norms.length }));
  return figure({
    title: `Distribution of the gradient norms after ${step} iterations`,
    caption: `Share of the samples whose norm is at most that on the axis; dots: the slide.`,
    draw: (size) =>
      plot(size, {
        height: 320,
        marginLeft: 44,
        marginBottom: 38,
        x: { type: 'log' },
        y: { domain: [0, 100] },
        marks: [
          Plot.gridY(grid),
          Plot.axisY({ label: '% of the samples', labelArrow: 'none', tickSize: 0 }),
          Plot.axisX({ label: 'gradient norm', labelArrow: 'none', ticks: 6, tickFormat: (x: number) => number(x, 1) }),
          Plot.line(points, { x: 'norm', y: 'share', stroke: 'var(--m0)', strokeWidth: 2 }),
          Plot.dot(paper, { x: 'below', y: ({ share }: { share: number }) => 100 * share, fill: 'var(--m1)', r: 4 }),
        ],
      }),
  });
}
