import * as tf from '@tensorflow/tfjs';
import { type LabelledImages, loadData, mnist, type NdArray, oneHot } from '../data/index.ts';
import { fit, importance, type Method, oneCycle, type Samples, type Schedule, uniform } from '../index.ts';
import { mnistCnn } from '../models/index.ts';
import { Random } from '../sampling/random.ts';
import type { Experiment, Part, Settings } from './experiment.ts';

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
  readonly makeModel: (seed: number) => tf.LayersModel;
  readonly rate: number;
  readonly schedule?: Schedule;
  /** Whether half of the pictures are mirrored, drawn anew at every visit. */
  readonly mirrored?: boolean;
}

const digits = {
  batchSize: 64,
  rate: 0.05,
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
    load: async () => (await loadData('cifar-10', { scaling: 'standard' })).train,
    makeModel: cifarCnn,
    rate: 0.05,
    schedule: oneCycle({ peak: 0.25, from: 10, to: 100 }),
    mirrored: true,
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
      'CIFAR-10: convolutions of 32, 64, 128 and 128 filters; SGD with momentum 0.9, one cycle up to a rate of 0.05; batches of 128; pictures mirrored at random.',
    ],
  }),
};

const settingOf = (part: Part): Setting => settings.find(({ name }) => name === part.setting)!;
const methodOf = (part: Part): Method => methods().find(({ name }) => part.key.split(' ')[1] === name)!;

async function trainAndFind(part: Part, { budget }: Settings, { signal }: { signal: AbortSignal }): Promise<Found> {
  const { batchSize, noise, load, makeModel, rate, schedule, mirrored } = settingOf(part);
  const clean = await load();
  const { samples, flipped } = flip(clean, noise, part.seed);
  const model = makeModel(part.seed);
  model.compile({ optimizer: tf.train.momentum(rate, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const epochs = Math.max(1, Math.round((budget * batchSize) / clean.length));
  const { samples: seen } = await fit(model, mirrored ? mirroredAtRandom(samples, part.seed) : samples, {
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

/** The same samples, each with probability `noise` with another label, and which these are. */
export function flip(
  clean: LabelledImages,
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
    const { xs } = await clean.batch(indices);
    return { xs, ys: oneHot(labels, indices, clean.classes) };
  };
  return { samples: { length: clean.length, batch }, flipped };
}

/** Pictures of which half are mirrored left to right, drawn anew each time; the same for the same seed and order of calls. */
function mirroredAtRandom({ length, batch }: Samples, seed: number): Samples {
  const random = new Random(seed).fork('mirrors');
  return {
    length,
    batch: async (indices) => {
      const { xs, ys } = await batch(indices);
      const { data, shape } = xs as NdArray;
      const [n, height, width, channels] = shape;
      const pixels = data.slice();
      for (let k = 0; k < n; k++) {
        if (random.uniform() < 0.5) continue;
        for (let row = k * height; row < (k + 1) * height; row++) {
          for (let x = 0; x < width; x++) {
            const [to, from] = [(row * width + x) * channels, (row * width + width - 1 - x) * channels];
            for (let c = 0; c < channels; c++) pixels[to + c] = data[from + c];
          }
        }
      }
      return { xs: { ...(xs as NdArray), data: pixels }, ys };
    },
  };
}

/** A network of 12.6 million products a picture: what a user would train on two cores. */
function cifarCnn(seed: number): tf.LayersModel {
  const init = (layer: number) => tf.initializers.heNormal({ seed: 100 * seed + layer } as { seed: number });
  const model = tf.sequential();
  for (const [layer, filters] of [32, 64, 128, 128].entries()) {
    const told = layer === 0 ? { inputShape: [32, 32, 3] } : {};
    const shape = {
      filters,
      kernelSize: 3,
      padding: 'same',
      activation: 'relu',
      kernelInitializer: init(layer),
    } as const;
    model.add(tf.layers.conv2d({ ...shape, ...told }));
    if (layer < 3) model.add(tf.layers.maxPooling2d({ poolSize: 2 }));
  }
  model.add(tf.layers.flatten());
  model.add(tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer: init(4) }));
  return model;
}
