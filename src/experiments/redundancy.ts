import * as tf from '@tensorflow/tfjs';
import {
  type ByteImages,
  type LabelledSamples,
  loadData,
  loadSamples,
  mnist,
  oneHot,
  perClass,
  permutation,
  subset,
} from '../data/index.ts';
import {
  importance,
  infoBatch,
  lossSampling,
  paper2018,
  type Samples,
  selectiveBackprop,
  stepDecay,
  uniform,
} from '../index.ts';
import { mlp, mnistCnn, smallCnn } from '../models/index.ts';
import { Random } from '../sampling/index.ts';
import type { Scale } from './experiment.ts';
import { halved } from './halved.ts';
import { inMemory } from './in-memory.ts';
import { type RaceSetting, raceExperiment } from './race-experiment.ts';

const schedule = { says: 'divided by 5 at half and at 80 % of the time', factor: stepDecay([0.5, 0.8], 5) };
const methods = () => [uniform(), importance(), lossSampling(), paper2018(), selectiveBackprop(), infoBatch()];
const rates = { factors: [2], methods: ['uniform', 'importance', 'paper2018'] };
const repeated = ['uniform', 'importance'];
/** The same loss and the same error on what is rare are to be had in a third of the seconds. */
const sooner = { divisor: 3, methods: ['importance'] };

/** How often the one image comes, among 10,000 others. */
const copies = 30_000;
const rareShare = 100;

/** The sets that importance sampling is made for, of real samples: most of them say nothing new. */
export const redundancy = raceExperiment({
  name: 'redundancy',
  title: 'Redundant and unbalanced data',
  about: 'Spam and digits in ratio 1 : 100, one image 30,000 times, and what must not go wrong: labels that are',
  defaults: { small: { budget: 20, seeds: 3 }, paper: { budget: 300, seeds: 3 } },
  settings: (scale) => [spamAndHam, rareDigits, catsAndDogs(scale), wrongLabels],
});

/** All of the corpus's ham, and of its spam a hundredth of that. */
const spamAndHam: RaceSetting = {
  name: 'spam',
  title: `SpamAssassin’s spam and ham in ratio 1 : ${rareShare}, words hashed to 2,048 columns, tf-idf, one hidden layer of 64`,
  batchSize: 64,
  optimizer: 'SGD with momentum 0.9',
  // Of 0.1, 0.2, 0.4, 0.8 and 1.6 the last diverges; each of the others ends lower than those below it.
  rate: 0.4,
  schedule,
  rates,
  sooner,
  repeated,
  methods,
  testError: 'error on spam',
  load: async (seed) => {
    const { train, test } = await loadSamples('spam-assassin');
    const ham = indicesOf(train, (label) => label === 0).length;
    const counts = [ham, Math.round(ham / rareShare)];
    return {
      train: subset(train, perClass(train.labels, counts, seed)),
      test: subset(
        test,
        indicesOf(test, (label) => label === 1),
      ),
      trainPart: Infinity,
      makeModel: () =>
        compiled(mlp({ inputSize: train.inputShape[0], hidden: [64], classes: 2, seed: 10 * seed }), 0.4),
    };
  },
};

export const rareDigits: RaceSetting = {
  name: 'rare-digits',
  title: `MNIST with the digits 5 to 9 in ratio 1 : ${rareShare}, tiny CNN`,
  batchSize: 64,
  optimizer: 'SGD with momentum 0.9',
  rate: 0.05,
  schedule,
  rates,
  sooner,
  repeated,
  methods,
  testError: 'error on the rare digits',
  load: async (seed) => {
    const { train, test } = await mnist();
    const common = 5400;
    const counts = Array.from({ length: 10 }, (_, digit) => (digit < 5 ? common : common / rareShare));
    return {
      train: subset(train, perClass(train.labels, counts, seed)),
      test: subset(
        test,
        indicesOf(test, (digit) => digit >= 5),
      ),
      // A hundred of them are rare.
      trainPart: 10_000,
      makeModel: () => compiled(mnistCnn({ seed: 10 * seed }), 0.05),
    };
  },
};

/** Where hard samples are not worth more time: what a method makes of them shows in the test error. */
const wrongLabels: RaceSetting = {
  name: 'wrong-labels',
  title: 'MNIST with one label in twenty drawn at random, tiny CNN',
  batchSize: 64,
  optimizer: 'SGD with momentum 0.9',
  rate: 0.05,
  schedule,
  repeated,
  methods: () => [...methods(), importance({ name: 'importance, w^0', weightPower: 0 })],
  load: async (seed) => {
    const { train, test } = await mnist();
    const random = new Random(seed).fork('labels');
    const wrong = new Map<number, number>();
    for (let i = 0; i < train.length; i++) if (random.uniform() < 0.05) wrong.set(i, random.integer(train.classes));
    return {
      train: relabelled(train, wrong),
      test,
      makeModel: () => compiled(mnistCnn({ seed: 10 * seed }), 0.05),
    };
  },
};

function catsAndDogs(scale: Scale): RaceSetting {
  const small = scale === 'small';
  const side = small ? 16 : 32;
  return {
    name: 'cats-and-dogs',
    title: `CIFAR-10 cats and dogs at ${side} × ${side} with one image ${copies.toLocaleString('en-US')} times, small CNN`,
    batchSize: small ? 64 : 128,
    optimizer: 'SGD with momentum 0.9',
    rate: 0.01,
    schedule,
    rates,
    sooner,
    repeated,
    methods,
    load: async (seed) => {
      const splits = await loadData('cifar-10', { scaling: 'standard' });
      const [train, test] = [await inMemory(splits.train), await inMemory(splits.test)];
      const [first, held] = small ? smaller(train, test) : [train, test];
      const isPet = (label: number) => label === 3 || label === 5;
      const pets = indicesOf(first, isPet);
      const repeated = pets[permutation(pets.length, seed)[0]];
      const indices = new Int32Array(pets.length + copies).fill(repeated);
      indices.set(pets);
      return {
        train: subset(first, indices),
        test: subset(held, indicesOf(held, isPet)),
        trainPart: 4000,
        makeModel: () => compiled(smallCnn({ inputShape: [side, side, 3], seed: 10 * seed }), 0.01),
      };
    },
  };
}

/** The same samples, some of them with another class. */
function relabelled(samples: LabelledSamples, labels: ReadonlyMap<number, number>): Samples {
  return {
    length: samples.length,
    batch: async (indices) => {
      const { xs } = await samples.batch(indices);
      const all = Array.from(indices, (i) => labels.get(i) ?? samples.labels[i]);
      return { xs, ys: oneHot(all, Int32Array.from(all.keys()), samples.classes) };
    },
  };
}

function smaller(train: ByteImages, test: ByteImages): [ByteImages, ByteImages] {
  const half = halved(train);
  return [half, halved(test, half)];
}

function indicesOf({ labels }: Pick<LabelledSamples, 'labels'>, wanted: (label: number) => boolean): Int32Array {
  return Int32Array.from([...labels.keys()].filter((i) => wanted(labels[i])));
}

function compiled(model: tf.LayersModel, rate: number): tf.LayersModel {
  model.compile({
    optimizer: tf.train.momentum(rate, 0.9),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}
