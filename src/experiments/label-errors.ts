import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { getData, type LabelledImages, loadData, mnist, oneHot } from '../data/index.ts';
import {
  fit,
  importance,
  type Method,
  oneCycle,
  type Samples,
  type Schedule,
  uniform,
  weightDecayed,
} from '../index.ts';
import { mnistCnn } from '../models/index.ts';
import { Random } from '../sampling/random.ts';
import type { Experiment, Part, Settings } from './experiment.ts';
import { enlarged, withNewHead } from './pretrained.ts';
import { augmentedAnew } from './target/parts.ts';

/** What one training found of the labels that were flipped. */
interface Found {
  readonly samples: number;
  readonly flipped: number;
  /** Of as many suspects as labels were flipped, the share that was. */
  readonly precision: number;
  /** Suspects named without a number being asked for, and how many of them were flipped. */
  readonly named: number;
  readonly namedFlipped: number;
  /** Of the flipped ones that were found, the share for which the model gives the label they had. */
  readonly repaired: number;
}

interface Setting {
  readonly name: string;
  readonly title: string;
  readonly batchSize: number;
  /** Probability that a label is replaced by another, each as likely. */
  readonly noise: number;
  readonly load: () => Promise<LabelledImages>;
  readonly makeModel: (seed: number, images: LabelledImages) => tf.LayersModel | Promise<tf.LayersModel>;
  readonly optimizer: () => tf.Optimizer;
  readonly schedule?: Schedule;
  /** Whether pictures are shifted and mirrored, drawn anew at every visit. */
  readonly moved?: boolean;
}

const digits = {
  batchSize: 64,
  optimizer: () => tf.train.momentum(0.05, 0.9),
  load: async () => (await mnist()).train,
  makeModel: (seed: number) => mnistCnn({ seed: 10 * seed }),
};

const settings: readonly Setting[] = [
  { ...digits, name: 'mnist-5', title: 'MNIST, 5 % flipped', noise: 0.05 },
  { ...digits, name: 'mnist-clean', title: 'MNIST as it is', noise: 0 },
  {
    name: 'cifar-20',
    title: 'CIFAR-10, 20 % flipped',
    batchSize: 128,
    noise: 0.2,
    load: async () => (await loadData('cifar-10', { scaling: 'symmetric' })).train,
    makeModel: async (seed, images) => {
      const folder = await getData('mobilenet-v1-0.25');
      const [height, width, channels] = images.inputShape;
      const trunk = join(folder, 'model.json');
      const model = await withNewHead(trunk, [3 * height, 3 * width, channels], images.classes, seed);
      return enlarged(model, 3);
    },
    optimizer: () => weightDecayed(tf.train.momentum(0.03, 0.9, true), { weightDecay: 5e-4 }),
    schedule: oneCycle({ peak: 0.25, from: 5, to: 15 }),
    moved: true,
  },
];
const methods = (): Method[] => [uniform(), importance()];

/** Labels that are flipped on purpose, and how many of them a single ordinary run finds. */
export const labelErrors: Experiment<Found> = {
  name: 'label-errors',
  title: 'Wrong labels found by training',
  about:
    'Which labels were flipped, by the mean margin of each sample over one run: uniform SGD and importance sampling',
  budget: 'steps',
  defaults: { small: { budget: 3000, seeds: 1 }, paper: { budget: 12_000, seeds: 3 } },
  parts: ({ seeds }) =>
    seeds.flatMap((seed) =>
      settings.flatMap(({ name }) =>
        methods().map((method) => ({ key: `${name} ${method.name} ${seed}`, seed, setting: name })),
      ),
    ),
  run: trainAndFind,
  present: (results) => ({
    summary: [
      'A label is doubted for the margin of its logit over the others, averaged over the time of the run and not over visits.',
    ],
    tables: [
      {
        title: 'Flipped labels found',
        head: [
          'data',
          'method',
          'seed',
          'flipped',
          'precision at that number',
          'named',
          'of these flipped',
          'repaired',
        ],
        rows: results.map(({ part, result }) => [
          settingOf(part).title,
          methodOf(part).name,
          `${part.seed}`,
          `${result.flipped}`,
          result.flipped === 0 ? '–' : result.precision.toFixed(3),
          `${result.named}`,
          `${result.namedFlipped}`,
          result.flipped === 0 ? '–' : result.repaired.toFixed(3),
        ]),
        note: 'Named: others than the label had nine tenths of the probability over the run, whatever was flipped.',
      },
    ],
    figures: [],
    setting: [
      'MNIST: the network of npm start, SGD with momentum 0.9 at a constant rate of 0.05, batches of 64.',
      'CIFAR-10: MobileNetV1-0.25 with the weights of ImageNet and a new last layer, all of it trained, on pictures enlarged three times; SGD with Nesterov momentum of 0.9 and weight decay of 0.0005, one cycle up to a rate of 0.03; batches of 128; pictures mirrored and shifted by up to two pixels.',
    ],
  }),
};

const settingOf = (part: Part): Setting => settings.find(({ name }) => name === part.setting)!;
const methodOf = (part: Part): Method => methods().find(({ name }) => part.key.split(' ')[1] === name)!;

async function trainAndFind(part: Part, { budget }: Settings, { signal }: { signal: AbortSignal }): Promise<Found> {
  const { batchSize, noise, load, makeModel, optimizer, schedule, moved } = settingOf(part);
  const clean = await load();
  const views = moved ? augmentedAnew(clean, { flip: true, shift: 2 / 32, seed: part.seed }) : clean;
  const { samples, flipped } = flip(clean, views, noise, part.seed);
  const model = await makeModel(part.seed, clean);
  model.compile({ optimizer: optimizer(), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const epochs = Math.max(1, Math.round((budget * batchSize) / clean.length));
  const { samples: seen } = await fit(model, samples, {
    ...{ batchSize, epochs, method: methodOf(part), seed: part.seed, schedule, verbose: 0, signal },
  });
  model.dispose();
  const found = seen!.suspects(flipped.size).filter(({ index }) => flipped.has(index));
  const named = seen!.suspects();
  return {
    samples: clean.length,
    flipped: flipped.size,
    precision: flipped.size === 0 ? 0 : found.length / flipped.size,
    named: named.length,
    namedFlipped: named.filter(({ index }) => flipped.has(index)).length,
    repaired:
      found.filter(({ index, suggested }) => suggested === clean.labels[index]).length / Math.max(1, found.length),
  };
}

/**
 * The same samples, each with probability `noise` with another label, and which these are.
 * @param views the pictures as they are trained on.
 */
export function flip(
  clean: LabelledImages,
  views: Samples,
  noise: number,
  seed: number,
): { samples: Samples; flipped: ReadonlySet<number> } {
  const random = new Random(seed).fork('labels');
  const labels = Uint16Array.from(clean.labels);
  const flipped = new Set<number>();
  for (let i = 0; i < labels.length; i++) {
    if (random.uniform() >= noise) continue;
    labels[i] = (labels[i] + 1 + random.integer(clean.classes - 1)) % clean.classes;
    flipped.add(i);
  }
  const batch = async (indices: ArrayLike<number>) => {
    const { xs } = await views.batch(indices);
    return { xs, ys: oneHot(labels, indices, clean.classes) };
  };
  return { samples: { length: clean.length, batch }, flipped };
}
