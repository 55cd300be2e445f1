import * as tf from '@tensorflow/tfjs';
import { mnist, perClass, pixelSequences, subset } from '../data/index.ts';
import { importance, lossSampling, paper2018, stepDecay, uniform } from '../index.ts';
import { lstm } from '../models/index.ts';
import type { Scale } from './experiment.ts';
import { type RaceSetting, raceExperiment } from './race-experiment.ts';

/** An LSTM that reads digits pixel by pixel, in one fixed random order. */
export const sequence = raceExperiment({
  name: 'sequence',
  title: 'LSTM on permuted MNIST',
  about: 'A recurrent net at equal seconds (slide 10); small: blocks of 7 × 7 and 4 × 4 pixels in place of pixels',
  defaults: { small: { budget: 150, seeds: 3 }, paper: { budget: 3600, seeds: 3 } },
  settings: (scale) =>
    scale === 'small' ? [permutedDigits(7, scale), permutedDigits(4, scale)] : [permutedDigits(1, scale)],
});

/** MNIST as the means of square blocks of pixels, in one fixed random order. */
export function permutedDigits(block: number, scale: Scale): RaceSetting {
  const steps = (28 / block) ** 2;
  return {
    name: `${steps}-steps`,
    title: `MNIST as ${steps} permuted ${block === 1 ? 'pixels' : `means of ${block} × ${block} pixels (in place of 784 pixels)`}, LSTM(128)`,
    batchSize: 32,
    optimizer: 'Adam',
    rate: 1e-3,
    schedule: { says: 'divided by 5 at half and at 80 % of the time', factor: stepDecay([0.5, 0.8], 5) },
    repeated: scale === 'small' ? ['uniform', 'importance'] : undefined,
    rates: scale === 'small' ? { factors: [3], methods: ['uniform', 'importance'] } : undefined,
    methods: () => [
      uniform(),
      importance(),
      lossSampling({ presample: 4 }),
      paper2018({ presample: 4, threshold: 1.8 }),
    ],
    paper: {
      lossSampling: { trainLoss: 1.032, testError: 0.989 },
      paper2018: { trainLoss: 0.798, testError: 0.926 },
    },
    load: async (seed) => {
      const { train, test } = await mnist();
      const part = scale === 'small' ? subset(test, perClass(test.labels, new Array(10).fill(200), seed)) : test;
      return {
        // One order of the pixels for all seeds: it is part of the task.
        train: pixelSequences(train, { permute: 1, block }),
        test: pixelSequences(part, { permute: 1, block }),
        points: 8,
        makeModel: () => {
          const model = lstm({ steps, seed: 10 * seed });
          model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
          return model;
        },
      };
    },
  };
}
