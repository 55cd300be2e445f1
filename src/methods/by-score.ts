import { approximate } from './approximate.ts';
import { biased } from './biased.ts';
import { constantTime } from './constant-time.ts';
import { constantVariance } from './constant-variance.ts';
import type { Entry } from './entry.ts';
import { gradientNorm } from './gradient-norm.ts';
import { importance } from './importance.ts';
import { lossSampling } from './loss-sampling.ts';
import { onlineBatchSelection } from './online-batch-selection.ts';
import { paper2018 } from './paper2018.ts';
import { prioritized } from './prioritized.ts';
import { smoothed } from './smoothed.ts';
import { storedScores } from './stored-scores.ts';

/** The methods that draw samples by a score of each: fresh, stored or predicted. */
export const byScore: readonly Entry[] = [
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
];
