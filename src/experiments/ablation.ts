import * as tf from '@tensorflow/tfjs';
import { mnist, perClass, subset } from '../data/index.ts';
import { type ImportanceOptions, importance, stepDecay, uniform } from '../index.ts';
import { mnistCnn } from '../models/index.ts';
import { raceExperiment } from './race-experiment.ts';

/** One thing changed at a time from the defaults: B = 3b, without replacement, λ = 0.1, start measured. */
const variants: readonly ImportanceOptions[] = [
  { name: 'B = 2b', presample: 2 },
  { name: 'B = 5b', presample: 5 },
  { name: 'systematic', resample: 'systematic' },
  { name: 'multinomial', resample: 'multinomial' },
  { name: 'λ = 0', mixture: 0 },
  { name: 'λ = 0.3', mixture: 0.3 },
  { name: 'always on', start: 'always' },
  { name: 'threshold 1.5', start: 1.5 },
  { name: 'threshold 2.5', start: 2.5 },
  { name: 'weights w^0.5', weightPower: 0.5 },
];

/** What each part of importance() is worth. */
export const ablation = raceExperiment({
  name: 'ablation',
  title: 'Ablation of importance()',
  about: 'Presample ratio, resampler, λ, threshold, weights and learning rate, one changed at a time',
  defaults: { small: { budget: 30, seeds: 1 }, paper: { budget: 300, seeds: 5 } },
  settings: (scale) => [
    {
      name: 'mnist',
      title: 'MNIST, tiny CNN',
      batchSize: 64,
      optimizer: 'SGD with momentum 0.9',
      rate: 0.05,
      schedule: { says: 'divided by 5 at half and at 80 % of the time', factor: stepDecay([0.5, 0.8], 5) },
      methods: () => [uniform(), importance(), ...variants.map((options) => importance(options))],
      rates: { factors: [0.5, 2], methods: ['uniform', 'importance', 'always on'] },
      load: async (seed) => {
        const { train, test } = await mnist();
        const part = scale === 'small' ? subset(test, perClass(test.labels, new Array(10).fill(400), seed)) : test;
        return {
          train,
          test: part,
          makeModel: () => {
            const model = mnistCnn({ seed: 10 * seed });
            model.compile({
              optimizer: tf.train.momentum(0.05, 0.9),
              loss: 'categoricalCrossentropy',
              metrics: ['accuracy'],
            });
            return model;
          },
        };
      },
    },
  ],
});
