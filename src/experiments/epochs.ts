import * as tf from '@tensorflow/tfjs';
import { fit, importance, infoBatch, type Method, type Samples, uniform } from '../index.ts';
import type { Experiment, Part, Settings } from './experiment.ts';
import { average } from './statistics.ts';
import type { Workload } from './target/workload.ts';
import { digits, fewWrongLabels } from './target/workloads/digits.ts';
import { tenClasses } from './target/workloads/pictures.ts';

/** Where a training ended. */
interface Ended {
  /** Of the validation samples: share of errors, mean loss. */
  readonly error: number;
  readonly loss: number;
  readonly trainLoss: number;
  /** Share of the steps by importance. */
  readonly picked: number;
}

interface Setting {
  readonly name: string;
  readonly title: string;
  readonly workload: Workload;
  readonly rate: number;
  readonly batchSize: number;
  /** Steps, in those that are asked for. */
  readonly times: number;
}

const mnist = { rate: 0.05, batchSize: 64 };
const settings: readonly Setting[] = [
  { ...mnist, name: 'mnist-short', title: 'MNIST, 3 epochs', workload: digits, times: 1 },
  { ...mnist, name: 'mnist-long', title: 'MNIST, 10 epochs', workload: digits, times: 10 / 3 },
  {
    ...mnist,
    name: 'wrong-labels',
    title: 'MNIST with 5 % wrong labels, 5 epochs',
    workload: fewWrongLabels,
    times: 5 / 3,
  },
  {
    ...{ name: 'cifar-10', title: 'CIFAR-10 shifted and mirrored anew, 8 epochs', workload: tenClasses },
    ...{ rate: 0.05, batchSize: 128, times: 4 / 3 },
  },
];
const methods = (): Method[] => [uniform(), importance(), infoBatch()];
const settingOf = (part: Part): Setting => settings.find(({ name }) => name === part.setting)!;
const methodOf = (part: Part): Method => methods().find(({ name }) => part.key.split(' ')[1] === name)!;

/** What becomes of validation, in as many steps: in short runs and in those where memorising begins. */
export const epochs: Experiment<Ended> = {
  name: 'epochs',
  title: 'Short runs and long ones',
  about:
    'Validation error and loss after as many steps as uniform sampling, where fitting takes the time and where memorising does',
  budget: 'steps',
  // Three epochs of MNIST's training part.
  defaults: { small: { budget: 2580, seeds: 1 }, paper: { budget: 2580, seeds: 5 } },
  parts: ({ seeds }) =>
    seeds.flatMap((seed) =>
      settings.flatMap(({ name }) =>
        methods().map((method) => ({ key: `${name} ${method.name} ${seed}`, seed, setting: name })),
      ),
    ),
  run: train,
  present: (results) => ({
    summary: [
      'Each method makes as many steps; a step by stored scores takes a few hundredths more time than a uniform one.',
    ],
    tables: settings.flatMap((setting) => {
      const of = (name: string) =>
        results.filter(({ part }) => part.setting === setting.name && methodOf(part).name === name);
      const base = of('uniform');
      const rows = methods().flatMap(({ name }) => {
        const own = of(name);
        if (own.length === 0) return [];
        const mean = (from: typeof own, value: keyof Ended) => average(from.map(({ result }) => result[value]));
        const ratio = (value: keyof Ended) => {
          const pairs = own.flatMap(({ part, result }) => {
            const beside = base.find((one) => one.part.seed === part.seed);
            return beside === undefined ? [] : [Math.log(result[value] / beside.result[value])];
          });
          return name === 'uniform' || pairs.length === 0 ? '–' : Math.exp(average(pairs)).toFixed(3);
        };
        const error = `${(100 * mean(own, 'error')).toFixed(2)} %`;
        const [loss, trainLoss] = [mean(own, 'loss').toFixed(4), mean(own, 'trainLoss').toFixed(4)];
        const picked = `${Math.round(100 * mean(own, 'picked'))} %`;
        return [[name, error, ratio('error'), loss, ratio('loss'), trainLoss, picked, `${own.length}`]];
      });
      if (rows.length === 0) return [];
      const head = ['method', 'error', '÷ uniform', 'loss', '÷ uniform', 'training loss', 'by importance', 'seeds'];
      return [
        { title: setting.title, head, rows, note: 'Of validation samples; ratios are geometric means over seeds.' },
      ];
    }),
    figures: [],
    setting: [
      'The networks and validation parts of experiment target; SGD with momentum 0.9, cosine decay to 0, rate 0.05.',
      'MNIST: batches of 64. CIFAR-10 at 16 × 16: batches of 128.',
      'infoBatch leaves out samples in an epoch of its own; here it makes as many steps as the others, and larger ones.',
    ],
  }),
};

async function train(part: Part, { budget }: Settings, { signal }: { signal: AbortSignal }): Promise<Ended> {
  const { workload, rate, batchSize, times } = settingOf(part);
  const data = await workload.load(false);
  const samples = data.train(part.seed) as Samples;
  const model = await workload.makeModel(rate, part.seed);
  model.compile({ optimizer: tf.train.momentum(rate, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  let picked = 0;
  let steps = 0;
  const { history } = await fit(model, samples, {
    ...{ batchSize, method: methodOf(part), seed: part.seed, signal, verbose: 0 },
    epochs: Math.max(1, Math.round((times * budget * batchSize) / samples.length)),
    schedule: (progress) => (1 + Math.cos(Math.PI * progress)) / 2,
    validationData: data.validation,
    onStep: ({ phase }) => {
      steps++;
      if (phase === 'importance') picked++;
    },
  });
  model.dispose();
  const last = (name: string) => Number(history[name].at(-1));
  return { error: 1 - last('val_acc'), loss: last('val_loss'), trainLoss: last('loss'), picked: picked / steps };
}
