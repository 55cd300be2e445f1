import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { embeddingJob } from '../experiments/embedding-job.ts';
import { mainJob } from '../experiments/main-job.ts';
import type { Schedule } from '../methods/method.ts';
import { methodEntry, registry } from '../methods/registry.ts';
import { list } from '../report/format.ts';
import type { NameValue } from './arguments.ts';
import type { Given } from './chosen-methods.ts';

/** What methods of a race train, on MNIST. */
export interface RaceJob {
  readonly name: string;
  readonly model: string;
  readonly optimizer: string;
  readonly learningRate: number;
  /** Where the learning rate comes from. */
  readonly learningRateNote: string;
  readonly schedule: Schedule;
  readonly scheduleName: string;
  /** What a training loss is the mean of. */
  readonly loss: string;
  /** What a test error is, where it is not the share of digits classified wrongly. */
  readonly testError?: string;
  /** What its methods are given, besides what is made from the data. */
  readonly given: Given;
  makeModel(learningRate: number, seed: number): tf.LayersModel;
}

/** The grid of `--tune`. */
export const rates = mainJob.tuned.map(({ rate }) => rate);

const classification: RaceJob = {
  ...mainJob,
  optimizer: `SGD with momentum ${mainJob.momentum}`,
  learningRateNote: `best of ${rates.join(', ')} for uniform SGD (check with --tune)`,
  loss: 'loss',
  given: {},
};

/** Methods that only choose the order of the samples, whatever the loss. */
const ofAnyLoss = ['uniform', 'uniformDecayed', 'randomSubset'];

/**
 * The job that methods can race at: the main job, or an embedding by triplets or pairs for those that mine them.
 * @throws UnequalError if there is no job for all of them.
 */
export function jobOf(names: readonly string[], options: readonly NameValue[]): RaceJob {
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
  return loss === undefined ? classification : embedding(loss, options);
}

function together(loss: 'tripletLoss' | 'pairLoss'): string {
  return list([...registry.filter(({ embedding }) => embedding === loss).map(({ name }) => name), ...ofAnyLoss]);
}

function embedding(loss: 'tripletLoss' | 'pairLoss', options: readonly NameValue[]): RaceJob {
  const margin = Number(options.find(([name]) => name === 'margin')?.[1] ?? embeddingJob.margin);
  const what = loss === 'tripletLoss' ? 'triplet loss of random triplets' : 'loss of random pairs';
  return {
    ...embeddingJob,
    learningRateNote: 'not tuned',
    loss: `${what}, margin ${margin},`,
    testError: 'of the nearest neighbour: share of the test digits, 500 at a time, whose nearest is of another class',
    given: { semiHardMining: { margin }, hardMining: {}, hardestPairs: {} },
    makeModel: (learningRate, seed) => embeddingJob.makeModel(loss, margin, learningRate, seed),
  };
}
