import * as tf from '@tensorflow/tfjs';
import { stepDecay } from '../methods/schedule.ts';
import { mnistCnn } from '../models/index.ts';

/** What `npm start` does, all in one place: the network, its learning rate and where that comes from. */
export const mainJob = {
  name: 'Uniform against importance sampling on MNIST',
  model: 'small CNN: convolutions of 8 and 16 filters with stride 2, dense 64',
  methods: ['uniform', 'lossSampling', 'importance', 'paper2018'],
  batchSize: 64,
  /** Seconds of training for each method. */
  seconds: 10,
  momentum: 0.9,
  /** The best of {@link tuned} for uniform SGD. */
  learningRate: 0.05,
  /** `unequal race --tune --seconds 20`, two cores: final training loss and test error of uniform SGD at each rate. */
  tuned: [
    { rate: 0.0125, trainLoss: 0.0368, testError: 0.017 },
    { rate: 0.025, trainLoss: 0.0247, testError: 0.0147 },
    { rate: 0.05, trainLoss: 0.0166, testError: 0.0131 },
    { rate: 0.1, trainLoss: 0.018, testError: 0.0143 },
    { rate: 0.2, trainLoss: 2.3, testError: 0.886 },
  ],
  schedule: stepDecay([0.5, 0.8], 5),
  scheduleName: 'divided by 5 at 50 % and at 80 % of the time',
  makeModel,
} as const;

function makeModel(learningRate: number, seed: number): tf.LayersModel {
  const model = mnistCnn({ seed });
  model.compile({
    optimizer: tf.train.momentum(learningRate, mainJob.momentum),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}
