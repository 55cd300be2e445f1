import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { embeddingJob } from '../experiments/embedding-job.ts';
import { mainJob } from '../experiments/main-job.ts';
import type { Schedule } from '../methods/method.ts';
import { methodEntry, registry } from '../methods/registry.ts';
import { list } from '../report/format.ts';
import type { NameValue } from './arguments.ts';
import type { Given } from './chosen-methods.ts';
import type { DataArguments } from './data-options.ts';
import { ownJob } from './own-job.ts';
import type { OptimizerName } from './trainable.ts';
import type { TrainingData } from './training-data.ts';

/** What methods of a race train. */
export interface RaceJob {
  readonly name: string;
  readonly model: string;
  readonly optimizer: string;
  readonly learningRate: number;
  /** Where the learning rate comes from. */
  readonly learningRateNote: string;
  /** The grid of `--tune`. */
  readonly rates: readonly number[];
  readonly schedule: Schedule;
  readonly scheduleName: string;
  /** What a training loss is the mean of. */
  readonly loss: string;
  /** What a test error is, where it is not the share of samples classified wrongly. */
  readonly testError?: string;
  /** What its methods are given, besides what is made from the data. */
  readonly given: Given;
  /** What the model takes where it is a saved one: the data is made to fit it. */
  inputShape?(): Promise<readonly (number | null)[] | undefined>;
  makeModel(learningRate: number, seed: number, data: TrainingData): tf.LayersModel | Promise<tf.LayersModel>;
}

/** What of the command line says what is trained. */
export interface RaceArguments extends DataArguments {
  readonly model?: string;
  readonly optimizer?: OptimizerName;
  readonly loss?: string;
}

export const rates = mainJob.tuned.map(({ rate }) => rate);

const classification: RaceJob = {
  ...mainJob,
  rates,
  optimizer: `SGD with momentum ${mainJob.momentum}`,
  learningRateNote: `best of ${rates.join(', ')} for uniform SGD (check with --tune)`,
  loss: 'loss',
  given: {},
};

/** Methods that only choose the order of the samples, whatever the loss. */
const ofAnyLoss = ['uniform', 'decayed', 'randomSubset'];

/**
 * The job that methods can race at: what was asked for; else the main job, or an embedding by triplets or pairs for
 * those that mine them.
 * @throws UnequalError if there is no job for all of them.
 */
export function jobOf(names: readonly string[], options: readonly NameValue[], args: RaceArguments): RaceJob {
  const bound = names.filter((name) => !ofAnyLoss.includes(name));
  const losses = [...new Set(bound.map((name) => methodEntry(name).embedding))];
  if (losses.length > 1) {
    const groups = losses.map((loss) => `${list(bound.filter((name) => methodEntry(name).embedding === loss))}`);
    throw fault({
      wrong: 'these methods train models of different losses and cannot race each other',
      got: groups.join(' against '),
      expected: `${together('tripletLoss')} together; ${together('pairLoss')} together; or any of the others`,
      mend: 'race them apart',
    });
  }
  const [loss] = losses;
  const { model, optimizer, loss: asked, data } = args;
  const own = data !== 'mnist' || [model, optimizer, asked].some((one) => one !== undefined);
  if (loss === undefined) return own ? ownJob(args) : classification;
  if (!own) return embedding(loss, options);
  throw fault({
    wrong: `${list(bound)} cannot race on data or a model of your own`,
    got: 'an embedding of MNIST as what they train here',
    mend: 'leave out --data, --model, --optimizer and --loss, or use fit() with tripletLoss or pairLoss',
  });
}

function together(loss: 'tripletLoss' | 'pairLoss'): string {
  return list([...registry.filter(({ embedding }) => embedding === loss).map(({ name }) => name), ...ofAnyLoss]);
}

function embedding(loss: 'tripletLoss' | 'pairLoss', options: readonly NameValue[]): RaceJob {
  const margin = Number(options.find(([name]) => name === 'margin')?.[1] ?? embeddingJob.margin);
  const what = loss === 'tripletLoss' ? 'triplet loss of random triplets' : 'loss of random pairs';
  return {
    ...embeddingJob,
    rates,
    learningRateNote: 'not tuned',
    loss: `${what}, margin ${margin},`,
    testError: 'of the nearest neighbour: share of the test digits, 500 at a time, whose nearest is of another class',
    given: { semiHardMining: { margin }, hardMining: {}, hardestPairs: {} },
    makeModel: (learningRate, seed) => embeddingJob.makeModel(loss, margin, learningRate, seed),
  };
}
