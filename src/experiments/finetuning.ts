import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { getData, loadData, perClass, subset } from '../data/index.ts';
import { importance, lossSampling, paper2018, stepDecay, uniform } from '../index.ts';
import type { Scale } from './experiment.ts';
import { withNewHead } from './pretrained.ts';
import { type RaceSetting, raceExperiment } from './race-experiment.ts';

/** A pretrained network with a new last layer, all of it trained. */
export const finetuning = raceExperiment({
  name: 'finetuning',
  title: 'Fine-tuning on indoor scenes',
  about: 'A pretrained net with a new last layer at equal seconds (slide 10)',
  defaults: { small: { budget: 60, seeds: 3 }, paper: { budget: 1800, seeds: 3 } },
  settings: (scale) => [scenes(scale)],
});

const networks = {
  // Of 1e-3, 3e-3 and 1e-2, uniform training came furthest with 3e-3 in 1,000 steps (0.070, 0.012) and in 300 (0.28, 0.54).
  small: { data: 'mobilenet-v1-0.25', title: 'MobileNetV1-0.25 (in place of ResNet-50)', side: 96, rate: 3e-3 },
  paper: { data: 'resnet-50', title: 'ResNet-50', side: 224, rate: 0.001 },
} as const;

export function scenes(scale: Scale): RaceSetting {
  const { data, title, side, rate } = networks[scale];
  return {
    name: 'scene-15',
    title: `15-Scene (stands in for MIT67) at ${side} × ${side}, ${title}`,
    batchSize: 16,
    optimizer: 'SGD with momentum 0.9',
    rate,
    schedule: { says: 'divided by 5 at half and at 80 % of the time', factor: stepDecay([0.5, 0.8], 5) },
    methods: () => [uniform(), importance(), lossSampling(), paper2018({ presample: 3, threshold: 2 })],
    repeated: scale === 'small' ? ['uniform', 'importance', 'paper2018'] : undefined,
    rates: scale === 'small' ? { factors: [2], methods: ['uniform', 'importance'] } : undefined,
    paper: {
      lossSampling: { trainLoss: 0.062, testError: 0.795 },
      paper2018: { trainLoss: 0.042, testError: 0.785 },
    },
    load: async (seed) => {
      // What ResNet-50 of Keras was trained on has other means, but all of its weights adapt.
      const { train, test } = await loadData('scene-15', { size: [side, side], scaling: 'symmetric' });
      const held = scale === 'small' ? subset(test, perClass(test.labels, new Array(15).fill(100), seed)) : test;
      const folder = await getData(data);
      return {
        train,
        test: held,
        points: 4,
        trainPart: scale === 'small' ? 500 : 2000,
        makeModel: async () => {
          const model = await withNewHead(join(folder, 'model.json'), [side, side, 3], train.classes, seed);
          model.compile({
            optimizer: tf.train.momentum(rate, 0.9),
            loss: 'categoricalCrossentropy',
            metrics: ['accuracy'],
          });
          return model;
        },
      };
    },
  };
}
