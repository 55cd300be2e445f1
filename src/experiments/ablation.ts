import { mnist, perClass, subset } from '../data/index.ts';
import { type ImportanceOptions, importance, uniform } from '../index.ts';
import type { Scale } from './experiment.ts';
import { scenes } from './finetuning.ts';
import { cifar } from './image-classification.ts';
import { mainJob } from './main-job.ts';
import { type RaceSetting, raceExperiment } from './race-experiment.ts';
import { rareDigits } from './redundancy.ts';
import { permutedDigits } from './sequence.ts';

/** One thing changed at a time from the defaults, those that go with fresh scores from `fresh`. */
const variants: readonly ImportanceOptions[] = [
  { name: 'B = 2b', presample: 2 },
  { name: 'B = 5b', presample: 5 },
  { name: 'systematic', resample: 'systematic' },
  { name: 'multinomial', resample: 'multinomial' },
  { name: 'λ = 0.3', mixture: 0.3 },
  { name: 'τ > 1.5', start: 1.5 },
  { name: 'weights w^1', weightPower: 1 },
  { name: 'weights w^0', weightPower: 0 },
  { name: 'rate × gain', learningRate: 'gain' },
  { name: 'fresh', scores: 'fresh' },
  { name: 'fresh, reuse 3', scores: 'fresh', reuse: 3 },
];

/** What each part of importance() is worth, on five tasks. */
export const ablation = raceExperiment({
  name: 'ablation',
  title: 'Ablation of importance()',
  about:
    'Resampler, presample, λ, start, rate rule, weights, stored or fresh scores, one changed at a time, on five tasks',
  defaults: { small: { budget: 20, seeds: 1 }, paper: { budget: 300, seeds: 5 } },
  settings: (scale) => [
    task('mnist', digits(scale)),
    task('cifar-10', cifar('cifar-10', scale)),
    task('permuted-mnist', permutedDigits(7, scale)),
    task('finetuning', scenes(scale)),
    task('redundant', rareDigits),
  ],
});

/** Those that one seed did not tell from the best. */
const finalists = ['uniform', 'importance', 'B = 5b', 'λ = 0.3', 'τ > 1.5', 'weights w^0'];

/** The setting of another experiment with these variants, each at twice the learning rate as well. */
function task(name: string, setting: RaceSetting): RaceSetting {
  const methods = () => [uniform(), importance(), ...variants.map((options) => importance(options))];
  return {
    ...setting,
    name,
    methods,
    repeated: finalists,
    rates: { factors: [2], methods: methods().map(({ name }) => name) },
    paper: undefined,
    sooner: undefined,
  };
}

/** The main job. */
function digits(scale: Scale): RaceSetting {
  const { batchSize, learningRate, momentum, schedule, scheduleName, model } = mainJob;
  return {
    name: 'mnist',
    title: `MNIST, ${model}`,
    batchSize,
    optimizer: `SGD with momentum ${momentum}`,
    rate: learningRate,
    schedule: { says: scheduleName, factor: schedule },
    methods: () => [],
    load: async (seed) => {
      const { train, test } = await mnist();
      const part = scale === 'small' ? subset(test, perClass(test.labels, new Array(10).fill(400), seed)) : test;
      return { train, test: part, points: 6, makeModel: () => mainJob.makeModel(learningRate, seed) };
    },
  };
}
