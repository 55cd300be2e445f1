import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { getData, type LabelledImages, loadData } from '../../../data/index.ts';
import { smallCnn, wideResnet } from '../../../models/index.ts';
import { halved } from '../../halved.ts';
import { inMemory } from '../../in-memory.ts';
import { withNewHead } from '../../pretrained.ts';
import { asTheyAre, augmentedAnew, parts } from '../parts.ts';
import type { Workload, WorkloadData } from '../workload.ts';
import { momentum, withAdam, withMomentum } from './compiled.ts';

type SetName = 'cifar-10' | 'cifar-100';
const inputShape: [number, number, number] = [16, 16, 3];

/** A set at half its sides: what a core reaches a respectable error with in half a minute. */
async function small(set: SetName, few: boolean): Promise<WorkloadData> {
  const splits = await loadData(set);
  const train = halved(await inMemory(splits.train));
  const test = halved(await inMemory(splits.test), train);
  const split = parts(train, test, { validation: 4000, most: 5000, few });
  return {
    ...split,
    train: (seed) => augmentedAnew(split.train as LabelledImages, { flip: true, seed }),
  };
}

const cifar = (set: SetName, classes: number, half: Workload['half']): Workload => ({
  name: set,
  title: `${set.toUpperCase()} at 16 × 16, shifted and mirrored anew each time, CNN of 32, 32 and 64 filters, dense 128`,
  half,
  seconds: 40,
  batchSize: 64,
  optimizer: momentum,
  rate: 0.02,
  measure: 'error',
  makeModel: (rate, seed) => withMomentum(smallCnn({ inputShape, classes, seed: 10 * seed }), rate),
  load: (few) => small(set, few),
});

export const tenClasses = cifar('cifar-10', 10, 'design');
export const hundredClasses = cifar('cifar-100', 100, 'held out');

export const batchNormalised: Workload = {
  name: 'batch-normalisation',
  title: 'CIFAR-10 at 16 × 16, shifted and mirrored anew each time, WRN-10-1 with batch normalisation',
  half: 'design',
  seconds: 40,
  batchSize: 64,
  optimizer: momentum,
  rate: 0.1,
  measure: 'error',
  makeModel: (rate, seed) =>
    withMomentum(wideResnet({ depth: 10, width: 1, inputShape, normalization: 'batch', seed: 100 * seed }), rate),
  load: (few) => small('cifar-10', few),
};

export const tinyImageNet: Workload = {
  name: 'tiny-imagenet-adam',
  title:
    'Tiny ImageNet at 16 × 16 (its 200 classes, 48,000 images), mirrored and shifted anew each time, small CNN, Adam',
  half: 'held out',
  seconds: 40,
  batchSize: 64,
  optimizer: 'Adam',
  rate: 1e-3,
  measure: 'error',
  makeModel: (rate, seed) => withAdam(smallCnn({ inputShape, classes: 200, seed: 10 * seed }), rate),
  load: async (few) => {
    const splits = await loadData('tiny-imagenet-32');
    const train = halved(await inMemory(splits.train));
    const test = halved(await inMemory(splits.test), train);
    const split = parts(train, test, { validation: 4000, most: 5000, few });
    return { ...split, train: (seed) => augmentedAnew(split.train as LabelledImages, { flip: true, seed }) };
  },
};

const side = 96;

export const scenes: Workload = {
  name: 'scenes',
  title: `15-Scene at ${side} × ${side}, MobileNetV1-0.25 with a new last layer, all of it trained`,
  half: 'held out',
  seconds: 40,
  batchSize: 16,
  optimizer: momentum,
  rate: 3e-3,
  measure: 'error',
  makeModel: async (rate, seed) => {
    const folder = await getData('mobilenet-v1-0.25');
    const model = await withNewHead(join(folder, 'model.json'), [side, side, 3], 15, seed);
    model.compile({ optimizer: tf.train.momentum(rate, 0.9), loss: 'categoricalCrossentropy' });
    return model;
  },
  // The official training part has 1,500 images: a quarter of the others is validated on, and three are tested on.
  load: async (few) => {
    const { train, test } = await loadData('scene-15', { size: [side, side], scaling: 'symmetric' });
    const { train: tested, validation } = parts(test, test, { validation: 746, few });
    const { train: some } = parts(train, test, { validation: 1, few });
    return asTheyAre({ train: few ? some : train, validation, test: tested });
  },
};
