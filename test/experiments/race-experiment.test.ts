import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { mnist, subset } from '../../src/data/index.ts';
import { type RaceResult, raceExperiment } from '../../src/experiments/race-experiment.ts';
import { secondsTo, secondsToStay } from '../../src/experiments/race-tables.ts';
import { importance, uniform } from '../../src/index.ts';
import { mlp } from '../../src/models/index.ts';
import { tryExperiment } from './support.ts';

const tiny = raceExperiment({
  name: 'tiny',
  title: 'A tiny race',
  about: 'for a test',
  defaults: { small: { budget: 1, seeds: 1 }, paper: { budget: 1, seeds: 1 } },
  settings: () => [
    {
      name: 'digits',
      title: '256 digits',
      batchSize: 16,
      optimizer: 'SGD',
      rate: 0.1,
      regime: 1e-9,
      rates: { factors: [0.001], methods: ['uniform'] },
      sooner: { divisor: 3, methods: ['importance'] },
      methods: () => [uniform(), importance({ start: 'always', scores: 'fresh' })],
      paper: { importance: { trainLoss: 0.052, testError: 0.905 } },
      load: async (seed) => {
        const { train, test } = await mnist();
        const first = Int32Array.from({ length: 256 }, (_, i) => i);
        const flat = (images: typeof train) => ({
          length: 256,
          batch: (indices: ArrayLike<number>) => {
            const { xs, ys } = images.batch(indices);
            return { xs: { ...xs, shape: [indices.length, 784] }, ys };
          },
        });
        return {
          train: subset(flat(train), first),
          test: subset(flat(test), first),
          points: 3,
          makeModel: () => {
            const model = mlp({ hidden: [12], seed });
            model.compile({ optimizer: tf.train.sgd(0.1), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
            return model;
          },
        };
      },
    },
  ],
});

test('races every seed at every rate, and sets the numbers beside uniform’s and the paper’s', async () => {
  const { presentation, results, complete, report } = await tryExperiment(tiny, { budget: 0.15, seeds: [1, 2] });
  expect(complete).toBe(true);
  // Figures go by the setting's name, not by its title, which says everything.
  expect(
    readdirSync(dirname(report))
      .filter((name) => name.endsWith('.svg'))
      .sort(),
  ).toEqual([
    'digits-test-error-relative-to-uniform.svg',
    'digits-test-error.svg',
    'digits-training-loss-relative-to-uniform.svg',
    'digits-training-loss.svg',
  ]);
  expect(results.map(({ part }) => part.key)).toEqual([
    'digits, rate × 1, seed 1',
    'digits, rate × 0.001, seed 1',
    'digits, rate × 1, 1/3 of the time, seed 1',
    'digits, rate × 1, seed 2',
    'digits, rate × 0.001, seed 2',
    'digits, rate × 1, 1/3 of the time, seed 2',
  ]);
  const [common, best, sooner] = presentation.tables;
  expect(common.head).toContain('paper');
  expect(common.note).toMatch(/Uniform is still at [\d.]+, not below 1e-9/);
  expect(best.note).not.toMatch(/still at/);
  const [base, other] = common.rows.map((row) => new Map(row.map((cell, k) => [`${k} ${common.head[k]}`, cell])));
  expect(base.get('0 method')).toBe('uniform');
  expect(base.get('2 ÷ uniform')).toBe('–');
  // Two seeds: a mean with its interval.
  expect(other.get('2 ÷ uniform')).toMatch(/^[\d.,]+ \([\d.,×⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+–[\d.,×⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+\)$/);
  expect(other.get('3 paper')).toBe('0.0520');
  expect(other.get('6 paper')).toBe('0.905');
  expect(other.get('7 to uniform’s loss')).toMatch(/^not$|\ds \(|\d s/);
  expect(other.get('8 to its error')).toBeDefined();
  expect(other.get('10 importance')).toBe('100 %');
  // A thousandth of the rate learns nothing: uniform's best is × 1.
  expect(best.rows.find(([method]) => method === 'uniform')?.[1]).toBe('0.10');
  expect(best.rows.find(([method]) => method === 'importance')?.[1]).toBe('0.10 *');
  expect(best.note).toMatch(/\* was run at that rate alone/);
  // A third of the time for importance alone, beside uniform's runs of all of it.
  expect(sooner.rows.map(([method, rate]) => [method, rate])).toEqual([['importance', '0.10']]);
  const of = (key: string) => results.find(({ part }) => part.key === key)?.result as RaceResult;
  const last = ({ curves: [{ points }] }: RaceResult) => points.at(-1)!;
  const ratios = [1, 2].map((seed) => {
    const short = of(`digits, rate × 1, 1/3 of the time, seed ${seed}`);
    expect(short.curves.map(({ method }) => method)).toEqual(['importance']);
    // However long the last step takes, the one before it ended within a third of 0.15 s.
    for (const { seconds } of short.curves[0].points.slice(0, -1)) expect(seconds).toBeLessThan(0.05);
    return last(short).trainLoss / last(of(`digits, rate × 1, seed ${seed}`)).trainLoss;
  });
  expect(Number(sooner.rows[0][3].split(' ')[0])).toBeCloseTo(Math.sqrt(ratios[0] * ratios[1]), 1);
  expect(presentation.setting.join(' ')).toMatch(/Seeds: 1, 2\..*Means over 2 seeds/);
  expect(readFileSync(report, 'utf8')).toContain('digits: training loss relative to uniform');

  const first = results[0].result as RaceResult;
  expect(first.curves[0].points.at(-1)?.trainLoss).toBeLessThan(first.curves[0].points[0].trainLoss);
});

test('seconds to a loss lie on the line between two points', () => {
  const points = [4, 2, 1].map((trainLoss, k) => ({ seconds: 10 * k, step: k, epoch: 0, trainLoss }));
  expect(secondsTo(points, 3)).toBe(5);
  expect(secondsTo(points, 1)).toBe(20);
  expect(secondsTo(points, 5)).toBe(0);
  expect(secondsTo(points, 0.5)).toBeUndefined();
  const errors = points.map((point, k) => ({ ...point, testError: [0.1, 0.3, 0.2][k] }));
  expect(secondsToStay(errors, 0.2)).toBe(20);
  expect(secondsToStay(errors, 0.3)).toBe(0);
  expect(secondsToStay(errors, 0.15)).toBeUndefined();
  expect(secondsToStay(points, 0.2)).toBeUndefined();
});
