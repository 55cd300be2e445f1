import { basename } from 'node:path';
import type { Engine } from '../fit/options.ts';
import type { Method } from '../methods/method.ts';
import { uniform } from '../methods/uniform.ts';
import type { RunConfig } from '../report/record.ts';
import type { NameValue } from './arguments.ts';
import { chosenMethods, type Given } from './chosen-methods.ts';
import { dataArguments, dataWords } from './data-options.ts';
import { commandLine, machine } from './machine.ts';
import type { RaceArguments, RaceJob } from './race-job.ts';
import { scaledTarget } from './scaled-target.ts';
import { checkedLoss } from './trainable.ts';
import type { TrainingData } from './training-data.ts';

export interface RaceOptions extends RaceArguments {
  readonly methods: readonly string[];
  readonly seconds: number;
  readonly seeds?: number;
  readonly batchSize: number;
  readonly learningRate?: number;
  readonly presample?: number;
  readonly option: readonly NameValue[];
  readonly out?: string;
  readonly engine: Engine;
  readonly tune?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly watch?: boolean;
  readonly serve?: boolean;
}

interface Entrants {
  readonly methods: Method[];
  readonly learningRate: number;
  readonly rateFactor?: { readonly [method: string]: number };
}

/** Who races at which rate: the methods asked for, or uniform SGD at every rate of the grid. */
export function entrants(options: RaceOptions, job: RaceJob, given: Given): Entrants {
  const { methods, option, presample, learningRate, tune } = options;
  const rate = learningRate ?? job.learningRate;
  if (!tune) {
    const chosen = presample === undefined ? option : [...option, ['presample', presample] as const];
    return { methods: chosenMethods(methods, chosen, given), learningRate: rate };
  }
  const names = job.rates.map((rate) => [`uniform, rate ${rate}`, rate] as const);
  return {
    methods: names.map(([name]) => ({ ...uniform(), name })),
    learningRate: 1,
    rateFactor: Object.fromEntries(names),
  };
}

/** The seeds of `--seeds`, from `--seed` on. */
export function seedsOf({ seed, seeds }: RaceOptions): number[] | undefined {
  return seeds === undefined ? undefined : Array.from({ length: seeds }, (_, k) => seed + k);
}

export function rateNote({ learningRate, tune }: RaceOptions, job: RaceJob): string {
  if (tune) return job.rates.join(', ');
  return learningRate === undefined ? job.learningRateNote : 'as given';
}

/** What `config.json` says of a race. */
export async function describe(
  options: RaceOptions,
  job: RaceJob,
  { methods, learningRate }: Entrants,
  data: TrainingData,
): Promise<RunConfig> {
  const { train, test, standsFor } = data;
  const { seconds, seed, batchSize, engine, tune } = options;
  const model = await job.makeModel(learningRate, seed, data);
  const parameters = model.countParams();
  model.dispose();
  return {
    kind: 'race',
    title: tune ? `Learning rates of uniform SGD on ${shortTitle(data)}` : job.name,
    command: commandLine(words(options, job)),
    started: new Date().toISOString(),
    seed,
    seeds: seedsOf(options),
    seconds,
    batchSize,
    optimizer: job.optimizer,
    learningRate,
    learningRateNote: tune ? 'times the rate in the name' : rateNote(options, job),
    schedule: job.scheduleName,
    model: { name: job.model, parameters },
    data: {
      name: options.data,
      title: data.own ? undefined : titleOf(data),
      train: train.length,
      test: test.length,
      classes: train.classes,
      standsFor,
      scaled: scaledTarget(data, checkedLoss(options.loss, data)),
    },
    methods: Object.fromEntries(methods.map(({ name, options }) => [name, options])),
    ...machine(),
    engine,
    trainLoss: `mean ${job.loss} over ${Math.min(2000, train.length).toLocaleString('en-US')} random training samples, in evaluation mode`,
    notes: job.testError ? { 'Test error': job.testError } : {},
    arguments: decisive(options, job),
  };
}

/** What makes two races the same but for their seeds. */
function decisive(options: RaceOptions, job: RaceJob): RunConfig['arguments'] {
  const { methods, seconds, batchSize, presample, option, engine, tune, model, optimizer, loss } = options;
  const { learningRate = job.learningRate } = options;
  return {
    ...{ methods, seconds, batchSize, learningRate, presample, option, engine, tune, model, optimizer, loss },
    ...dataArguments(options),
  } as RunConfig['arguments'];
}

/** `MNIST`, `120 random samples of CIFAR-10`, the path of data of one's own. */
export const titleOf = ({ title, own }: TrainingData): string => (own ? title : title.split(':')[0]);
const shortTitle = (data: TrainingData): string => (data.own ? basename(data.title) : titleOf(data));

/** The command line that repeats a race, with every default that may change written out. */
function words(options: RaceOptions, job: RaceJob): string[] {
  const { methods, seconds, seed, seeds, batchSize, learningRate, presample, option, samples, testSamples } = options;
  const { engine, tune, data, labels, model, optimizer, loss } = options;
  return [
    'race',
    ...(data === 'mnist' && labels === undefined ? [] : dataWords(options)),
    ...(model === undefined ? [] : ['--model', model]),
    ...(optimizer === undefined ? [] : ['--optimizer', optimizer]),
    ...(loss === undefined ? [] : ['--loss', loss]),
    ...(tune
      ? ['--tune']
      : ['--methods', methods.join(','), '--learning-rate', String(learningRate ?? job.learningRate)]),
    ...['--seconds', String(seconds), '--batch-size', String(batchSize), '--seed', String(seed)],
    ...(seeds === undefined ? [] : ['--seeds', String(seeds)]),
    ...(presample === undefined ? [] : ['--presample', String(presample)]),
    ...option.flatMap(([name, value]) => ['--option', `${name}=${value}`]),
    ...(samples === undefined ? [] : ['--samples', String(samples)]),
    ...(testSamples === undefined ? [] : ['--test-samples', String(testSamples)]),
    ...(engine === 'auto' ? [] : ['--engine', engine]),
  ];
}
