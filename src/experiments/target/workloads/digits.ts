import {
  type LabelledSamples,
  mnist,
  oneHot,
  perClass,
  pixelSequences,
  type Samples,
  subset,
} from '../../../data/index.ts';
import { lstm, mlp, mnistCnn } from '../../../models/index.ts';
import { Random } from '../../../sampling/index.ts';
import { asTheyAre, augmentedAnew, parts } from '../parts.ts';
import type { Workload } from '../workload.ts';
import { momentum, withAdam, withMomentum } from './compiled.ts';
import { flat } from './flat.ts';

const validation = 5000;
const cnn = {
  optimizer: momentum,
  batchSize: 64,
  rate: 0.05,
  makeModel: (rate: number, seed: number) => withMomentum(mnistCnn({ seed }), rate),
};

export const digits: Workload = {
  ...cnn,
  name: 'mnist',
  title: 'MNIST, small CNN (convolutions of 8 and 16 filters with stride 2, dense 64)',
  half: 'design',
  seconds: 20,
  measure: 'error',
  load: async (few) => {
    const { train, test } = await mnist();
    return asTheyAre(parts(train, test, { validation, most: 10_000, few }));
  },
};

/** How much rarer the digits 5 to 9 are. */
const rarity = 100;

export const rareDigits: Workload = {
  ...cnn,
  name: 'rare-digits',
  title: `MNIST with the digits 5 to 9 in ratio 1 : ${rarity} in training, small CNN; mean error of the classes`,
  half: 'held out',
  seconds: 15,
  measure: 'class error',
  load: async (few) => {
    const { train, test } = await mnist();
    const split = parts(train, test, { validation, most: 10_000, few });
    const common = few ? 40 : 4800;
    const counts = Array.from({ length: 10 }, (_, digit) => (digit < 5 ? common : Math.max(1, common / rarity)));
    return asTheyAre({
      ...split,
      train: few ? split.train : subset(split.train, perClass(split.train.labels, counts, 1)),
    });
  },
};

/** Wrong labels are in training alone: they say how soon a good model is there, which noisy ones would say less well. */
const wrongLabels = (percent: number, half: Workload['half']): Workload => ({
  ...cnn,
  name: `wrong-labels-${percent}`,
  title: `MNIST with ${percent} % of the training labels drawn at random, validated and tested on right ones, small CNN`,
  half,
  seconds: 20,
  measure: 'error',
  load: async (few) => {
    const { train, test } = await mnist();
    const split = parts(train, test, { validation, most: 10_000, few });
    return asTheyAre({ ...split, train: relabelled(split.train, percent / 100) });
  },
});

export const fewWrongLabels = wrongLabels(5, 'design');
export const manyWrongLabels = wrongLabels(20, 'held out');

/** The side of a block of pixels that is read in one step. */
const block = 4;

export const permutedDigits: Workload = {
  name: 'permuted-mnist',
  title: `MNIST as ${(28 / block) ** 2} permuted means of ${block} × ${block} pixels (in place of 784 pixels), LSTM(64)`,
  half: 'held out',
  seconds: 40,
  batchSize: 32,
  optimizer: 'Adam',
  rate: 2e-3,
  measure: 'error',
  makeModel: (rate, seed) => withAdam(lstm({ steps: (28 / block) ** 2, units: 64, seed: 10 * seed }), rate),
  load: async (few) => {
    const { train, test } = await mnist();
    const read = (images: typeof train) => pixelSequences(images, { permute: 1, block });
    return asTheyAre(parts(read(train), read(test), { validation: 2000, few }));
  },
};

export const streamedDigits: Workload = {
  name: 'streamed-digits',
  title: 'MNIST shifted anew each time and read as a stream, two hidden layers of 128',
  half: 'design',
  seconds: 20,
  batchSize: 64,
  optimizer: momentum,
  rate: 0.02,
  measure: 'error',
  streamed: true,
  makeModel: (rate, seed) => withMomentum(mlp({ hidden: [128, 128], seed: 10 * seed }), rate),
  load: async (few) => {
    const { train, test } = await mnist();
    const split = parts(train, test, { validation, most: 10_000, few });
    return {
      train: (seed) => flat(augmentedAnew(split.train as typeof train, { flip: false, seed })),
      validation: flat(split.validation),
      test: flat(split.test),
    };
  },
};

/** The same samples, a share of them with a class drawn at random. */
function relabelled(samples: LabelledSamples, share: number): Samples {
  const random = new Random(1).fork('labels');
  const labels = samples.labels.map((label) => (random.uniform() < share ? random.integer(samples.classes) : label));
  return {
    length: samples.length,
    batch: async (indices) => ({ xs: (await samples.batch(indices)).xs, ys: oneHot(labels, indices, samples.classes) }),
  };
}
