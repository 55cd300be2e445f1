import { unknownName } from '../nearest.ts';
import { approximate } from './approximate.ts';
import { biased } from './biased.ts';
import { constantTime } from './constant-time.ts';
import { constantVariance } from './constant-variance.ts';
import { decayed } from './decayed.ts';
import { gradientNorm } from './gradient-norm.ts';
import { hardMining, semiHardMining } from './hard-mining.ts';
import { hardestPairs } from './hardest-pairs.ts';
import { importance } from './importance.ts';
import { infoBatch } from './info-batch.ts';
import { lossSampling } from './loss-sampling.ts';
import type { Method } from './method.ts';
import { onlineBatchSelection } from './online-batch-selection.ts';
import { paper2018 } from './paper2018.ts';
import { prioritized } from './prioritized.ts';
import { randomSubset } from './random-subset.ts';
import { rhoLoss } from './rho-loss.ts';
import { selectiveBackprop } from './selective-backprop.ts';
import { smoothed } from './smoothed.ts';
import { storedScores } from './stored-scores.ts';
import { uniform } from './uniform.ts';
import { varianceReduced } from './variance-reduced.ts';

/** What `unequal methods` says of a method, and how it is made by its name. */
export interface Entry {
  readonly name: string;
  readonly paper: string;
  /** Whether the expected gradient is another than that of the training loss. */
  readonly biased: boolean;
  /** What a step costs beyond a uniform one. */
  readonly cost: string;
  /** Bytes kept for each sample of the data. */
  readonly bytesPerSample: number;
  /** Whether it works on a stream, whose samples have no index. */
  readonly streams: boolean;
  readonly use: string;
  readonly avoid: string;
  /** What it needs besides samples and a model; absent where `make` needs no options. */
  readonly needs?: string;
  /** The loss its model must have, of a method that trains an embedding. */
  readonly embedding?: 'tripletLoss' | 'pairLoss';
  /** Makes it with its defaults, or with the options of its factory. */
  // biome-ignore lint/suspicious/noExplicitAny: each factory checks its own options.
  readonly make: (options?: any) => Method;
}

/** Every method of the library. */
export const registry: readonly Entry[] = [
  {
    name: 'uniform',
    paper: 'Robbins & Monro 1951',
    biased: false,
    cost: 'none',
    bytesPerSample: 0,
    streams: true,
    use: 'as the baseline, and while the loss falls as fast as the learning rate allows',
    avoid: 'when most samples are learned and the noise of the few others holds the loss up',
    make: uniform,
  },
  {
    name: 'uniformDecayed',
    paper: 'Li, Yumer & Ramanan 2020',
    biased: false,
    cost: 'none',
    bytesPerSample: 0,
    streams: true,
    use: 'as the baseline for any claim of a shorter training: fewer steps, learning rate decayed to the budget',
    avoid: 'when the budget is not known beforehand, or the run has a schedule already',
    make: () => decayed(uniform(), undefined, 'uniformDecayed'),
  },
  {
    name: 'importance',
    paper: 'Katharopoulos & Fleuret 2018, improved',
    biased: true,
    cost: 'none: scores are those of the training passes; on a stream a forward pass of B, only while that pays',
    bytesPerSample: 9,
    streams: true,
    use: 'by default; with weightPower: 1 where the expected gradient must be that of the training loss',
    avoid: 'for less than two epochs, the first of which is uniform',
    make: importance,
  },
  {
    name: 'paper2018',
    paper: 'Katharopoulos & Fleuret 2018',
    biased: false,
    cost: 'a forward pass of B = 5b samples once τ exceeds 1.5',
    bytesPerSample: 0,
    streams: true,
    use: 'to compare with the published numbers',
    avoid: 'for training: importance() starts when it pays, and draws without replacement',
    make: paper2018,
  },
  {
    name: 'lossSampling',
    paper: 'Katharopoulos & Fleuret 2018, "loss"',
    biased: false,
    cost: 'a forward pass of B = 3b samples while it pays',
    bytesPerSample: 0,
    streams: true,
    use: 'when the model has no upper bound, such as one that ends in a recurrent layer',
    avoid: 'otherwise: the upper bound costs the same and is nearer to the gradient norm',
    make: lossSampling,
  },
  {
    name: 'gradientNorm',
    paper: 'Needell et al. 2014; Zhao & Zhang 2015; Alain et al. 2015',
    biased: false,
    cost: 'forward and backward pass of B = 3b samples, or of all of them every epoch (over: data)',
    bytesPerSample: 13,
    streams: true,
    use: 'as the best any score could do, to see what another leaves',
    avoid: 'for speed: the exact norms cost more than they save',
    make: gradientNorm,
  },
  {
    name: 'onlineBatchSelection',
    paper: 'Loshchilov & Hutter 2015',
    biased: true,
    cost: 'a forward pass of all samples every second epoch, a sorting every epoch',
    bytesPerSample: 16,
    streams: false,
    use: 'on small, clean data with an adaptive optimizer',
    avoid: 'with label noise or augmentation: it goes for the largest losses, and stored ones go stale',
    make: onlineBatchSelection,
  },
  {
    name: 'prioritized',
    paper: 'Schaul et al. 2015',
    biased: true,
    cost: 'O(log N) a sample, no extra pass',
    bytesPerSample: 16,
    streams: false,
    use: 'for many epochs over data whose losses differ widely and change slowly',
    avoid: 'for short runs: its weights shrink the steps, and what is stored is an epoch old',
    make: prioritized,
  },
  {
    name: 'storedScores',
    paper: 'Katharopoulos & Fleuret, importance_sampling, HistorySampler',
    biased: false,
    cost: 'O(log N) a sample, no extra pass',
    bytesPerSample: 13,
    streams: false,
    use: 'when forward passes are dear and epochs many',
    avoid: 'when scores go stale between two visits: large data, few epochs',
    make: storedScores,
  },
  {
    name: 'biased',
    paper: 'Katharopoulos & Fleuret 2017 (1706.00043)',
    biased: true,
    cost: 'that of the method it wraps',
    bytesPerSample: 0,
    streams: true,
    use: 'to reach a low training loss in fewer steps on data without label noise',
    avoid: 'when the training loss itself is what must be minimised',
    make: ({ k, ...options }: { k?: number } = {}) =>
      biased(k, importance({ scores: 'fresh', weightPower: 1, ...options }), 'biased'),
  },
  {
    name: 'smoothed',
    paper: 'Katharopoulos & Fleuret 2017 (1706.00043)',
    biased: false,
    cost: 'that of the method it wraps',
    bytesPerSample: 0,
    streams: true,
    use: 'when scores are noisy: batch norm, augmentation, stale history',
    avoid: 'with exact scores: nearer to uniform is less gain',
    make: ({ smoothing, ...options } = {}) =>
      smoothed(smoothing, importance({ scores: 'fresh', weightPower: 1, ...options }), 'smoothed'),
  },
  {
    name: 'approximate',
    paper: 'Katharopoulos & Fleuret 2017 (1706.00043)',
    biased: false,
    cost: 'a small LSTM over B = 3b histories, milliseconds, no extra pass',
    bytesPerSample: 15,
    streams: false,
    use: 'when a forward pass of the model takes far longer than some milliseconds',
    avoid: 'for small models, and before a sample has been seen a few times',
    make: approximate,
  },
  {
    name: 'constantTime',
    paper: 'Katharopoulos & Fleuret, importance_sampling',
    biased: false,
    cost: 'none: scores more and trains on fewer, as long as a uniform step takes',
    bytesPerSample: 0,
    streams: true,
    use: 'when the time of a step is fixed',
    avoid: 'when t_b / t_f is far from backwardTime: the steps are then not of constant time',
    make: constantTime,
  },
  {
    name: 'constantVariance',
    paper: 'Katharopoulos & Fleuret, importance_sampling',
    biased: false,
    cost: 'less than a uniform step: b forward, b/τ forward and backward',
    bytesPerSample: 0,
    streams: true,
    use: 'when the learning rate and its schedule suit b, and time is to be saved',
    avoid: 'when noise holds the loss up: it leaves the variance where it was',
    make: constantVariance,
  },
  {
    name: 'selectiveBackprop',
    paper: 'Jiang et al. 2019',
    biased: true,
    cost: 'a forward pass of about 2b samples',
    bytesPerSample: 0,
    streams: true,
    use: 'on large, clean data where most samples are easy',
    avoid: 'with label noise',
    make: selectiveBackprop,
  },
  {
    name: 'rhoLoss',
    paper: 'Mindermann et al. 2022',
    biased: true,
    cost: 'a forward pass of 10b samples, once one of the irreducible-loss model',
    bytesPerSample: 4,
    streams: true,
    use: 'on large, noisy or redundant data with some held out to train the small model on',
    avoid: 'on small clean data',
    needs: 'irreducible: a loss for each sample from irreducibleLosses(), or a model trained on held-out data',
    make: rhoLoss,
  },
  {
    name: 'infoBatch',
    paper: 'Qin et al. 2024',
    biased: false,
    cost: 'none: leaves out up to half of the well-known samples',
    bytesPerSample: 12,
    streams: false,
    use: 'for many epochs on data that is mostly learned early',
    avoid: 'for few epochs: the first leaves out nothing, nor does the last eighth',
    make: infoBatch,
  },
  {
    name: 'randomSubset',
    paper: 'Okanovic et al. 2024 (RS2)',
    biased: false,
    cost: 'none',
    bytesPerSample: 4,
    streams: false,
    use: 'as the baseline for data pruning: short rounds, learning rate decayed to the budget',
    avoid: 'when the run has a schedule already',
    make: randomSubset,
  },
  {
    name: 'semiHardMining',
    paper: 'Schroff et al. 2015',
    biased: true,
    cost: 'a forward pass of B = 3b samples, all distances between them',
    bytesPerSample: 0,
    streams: true,
    use: 'to train an embedding',
    avoid: 'for classification',
    needs: 'an embedding model compiled with tripletLoss()',
    embedding: 'tripletLoss',
    make: semiHardMining,
  },
  {
    name: 'hardMining',
    paper: 'Schroff et al. 2015',
    biased: true,
    cost: 'a forward pass of B = 3b samples, all distances between them',
    bytesPerSample: 0,
    streams: true,
    use: 'to go on with an embedding that semi-hard mining has trained',
    avoid: 'from scratch, where it may collapse to a point; with label noise',
    needs: 'an embedding model compiled with tripletLoss()',
    embedding: 'tripletLoss',
    make: hardMining,
  },
  {
    name: 'hardestPairs',
    paper: 'Simo-Serra et al. 2015',
    biased: true,
    cost: 'a forward pass of r = 4 times the rows trained on',
    bytesPerSample: 0,
    streams: true,
    use: 'to train an embedding whose distance itself is used, such as to match patches',
    avoid: 'for classification; with label noise',
    needs: 'an embedding model compiled with pairLoss()',
    embedding: 'pairLoss',
    make: hardestPairs,
  },
  ...varianceReduced,
];

/** The entry of a name. @throws UnequalError with the nearest name where there is none. */
export function methodEntry(name: string): Entry {
  const entry = registry.find((entry) => entry.name === name);
  if (entry === undefined) {
    const names = registry.map(({ name }) => name);
    throw unknownName('method', name, names);
  }
  return entry;
}

/** The method of a name with its defaults, or with options. @throws UnequalError for an unknown name or bad options. */
export function methodNamed(name: string, options?: object): Method {
  return methodEntry(name).make(options);
}
