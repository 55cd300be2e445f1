import * as tf from '@tensorflow/tfjs';
import { augmented, type LabelledImages, loadData, perClass, subset } from '../data/index.ts';
import {
  importance,
  katyusha,
  lossSampling,
  onlineBatchSelection,
  paper2018,
  prioritized,
  scsg,
  stepDecay,
  svrg,
  uniform,
} from '../index.ts';
import { wideResnet } from '../models/index.ts';
import type { Scale } from './experiment.ts';
import { halved } from './halved.ts';
import { inMemory } from './in-memory.ts';
import { type Published, type RaceSetting, raceExperiment } from './race-experiment.ts';

type SetName = 'cifar-10' | 'cifar-100';
const titles = { 'cifar-10': 'CIFAR-10', 'cifar-100': 'CIFAR-100' } as const;

/** Slide 11: final values relative to uniform at equal seconds. */
const paper: { readonly [set in SetName]: { readonly [method: string]: Published } } = {
  'cifar-10': {
    svrg: { trainLoss: 40.9, testError: 3.06 },
    katyusha: { trainLoss: 61.7, testError: 4.3 },
    scsg: { trainLoss: 12.7, testError: 1.54 },
    onlineBatchSelection: { trainLoss: 1.9, testError: 1.03 },
    prioritized: { trainLoss: 0.388, testError: 0.935 },
    lossSampling: { trainLoss: 0.043, testError: 0.982 },
    paper2018: { trainLoss: 0.052, testError: 0.905 },
  },
  'cifar-100': {
    svrg: { trainLoss: 23.1, testError: 1.69 },
    katyusha: { trainLoss: 42.4, testError: 2.48 },
    scsg: { trainLoss: 12, testError: 1.31 },
    onlineBatchSelection: { trainLoss: 2.18, testError: 1.03 },
    prioritized: { trainLoss: 0.751, testError: 0.97 },
    lossSampling: { trainLoss: 0.55, testError: 1.011 },
    paper2018: { trainLoss: 0.359, testError: 0.951 },
  },
};

const schedule = { says: 'divided by 5 at 40 % and 80 % of the time', factor: stepDecay([0.4, 0.8], 5) };
const ours = () => [uniform(), importance(), paper2018(), lossSampling()];
const all = () => [...ours(), prioritized(), onlineBatchSelection(), scsg(), svrg(), katyusha()];

/** Every method of the slide at equal seconds. */
export const imageClassification = raceExperiment({
  name: 'image-classification',
  title: 'Image classification at equal seconds',
  about: 'Every method of slide 11 on CIFAR-10 and CIFAR-100: training loss and test error relative to uniform',
  defaults: { small: { budget: 30, seeds: 3 }, paper: { budget: 36_000, seeds: 3 } },
  settings: (scale) =>
    scale === 'small'
      ? [cifar('cifar-10', scale), cifar('cifar-100', scale), small('cifar-10', 50_000, () => ours().slice(0, 2))]
      : [cifar('cifar-10', scale), cifar('cifar-100', scale)],
});

/** One of the sets with every method of the slide; `small` is a part that uniform learns to a training loss below 0.1. */
export function cifar(set: SetName, scale: Scale): RaceSetting {
  return scale === 'small'
    ? small(set, set === 'cifar-10' ? 1500 : 1000, all, {
        factors: [2],
        methods: ['uniform', 'importance', 'paper2018'],
      })
    : full(set);
}

/**
 * Half the sides and part of the images, so that two cores see the images as often in a minute as the paper did in ten
 * hours: what importance sampling is for begins when most of them are known.
 */
function small(
  set: SetName,
  images: number,
  methods: RaceSetting['methods'],
  rates?: RaceSetting['rates'],
): RaceSetting {
  const whole = images === 50_000;
  const which = whole
    ? 'all 50,000 images'
    : `${images.toLocaleString('en-US')} images, few enough to be learnt to a loss of 0.1`;
  return {
    name: whole ? `${set}-all` : set,
    title: `${titles[set]} at 16 × 16, ${which}, WRN-10-1 (in place of WRN-28-2 at 32 × 32, augmented)`,
    regime: whole ? undefined : 0.1,
    repeated: ['uniform', 'importance', 'paper2018'],
    batchSize: 64,
    optimizer: 'SGD with momentum 0.9',
    rate: 0.05,
    schedule,
    methods,
    rates,
    paper: paper[set],
    load: async (seed) => {
      const splits = await loadData(set);
      const train = halved(await inMemory(splits.train));
      const test = halved(await inMemory(splits.test), train);
      const { classes, labels } = train;
      const part = (images: LabelledImages, count: number) =>
        subset(images, perClass(images.labels, new Array(classes).fill(Math.floor(count / classes)), seed));
      return {
        train: images < labels.length ? part(train, images) : train,
        test: part(test, 1000),
        points: 6,
        makeModel: () =>
          compiled(wideResnet({ depth: 10, width: 1, inputShape: [16, 16, 3], classes, seed: 100 * seed }), 0.05, 0),
      };
    },
  };
}

function full(set: SetName): RaceSetting {
  return {
    name: set,
    title: `${titles[set]}, 1.5 million augmented samples, WRN-28-2`,
    batchSize: 128,
    optimizer: 'SGD with momentum 0.9, weight decay 5e-4',
    rate: 0.1,
    schedule,
    methods: all,
    paper: paper[set],
    load: async (seed) => {
      const { train, test } = await loadData(set, { scaling: 'standard' });
      return {
        train: augmented(train, { copies: 30, seed }),
        test,
        makeModel: () => compiled(wideResnet({ classes: train.classes, seed: 100 * seed }), 0.1, 5e-4),
      };
    },
  };
}

/** Weight decay as a penalty on every kernel, which is what it is for SGD. */
function compiled(model: tf.LayersModel, rate: number, decay: number): tf.LayersModel {
  if (decay > 0) {
    const l2 = tf.regularizers.l2({ l2: decay / 2 });
    for (const layer of model.layers) {
      const { kernel } = layer as { kernel?: tf.LayerVariable };
      if (kernel) layer.addLoss(() => l2.apply(kernel.read()));
    }
  }
  model.compile({ optimizer: tf.train.momentum(rate, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}
