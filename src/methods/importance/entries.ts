import { type Checks, checkedOptions } from '../../options.ts';
import type { Entry } from '../entry.ts';
import { approximate, approximateChecks } from './approximate.ts';
import { biased } from './biased.ts';
import { constantTime, constantTimeChecks } from './constant-time.ts';
import { constantVariance, constantVarianceChecks } from './constant-variance.ts';
import { gradientNorm, overDataChecks, overPresampleChecks } from './gradient-norm.ts';
import { importance } from './importance.ts';
import { type ImportanceOptions, importanceChecks, weightPowers } from './importance-options.ts';
import { lossSampling, lossSamplingChecks } from './loss-sampling.ts';
import { paper2018, paper2018Checks } from './paper2018.ts';
import { type SmoothingOption, smoothed, smoothings } from './smoothed.ts';

type BiasedOptions = ImportanceOptions & { k?: number };
const biasedChecks: Checks<BiasedOptions> = { ...importanceChecks, k: weightPowers };
type SmoothedOptions = ImportanceOptions & { smoothing?: SmoothingOption };
const smoothedChecks: Checks<SmoothedOptions> = { ...importanceChecks, smoothing: smoothings };

/** Importance sampling within a presample: the paper, what came of it, and what wraps it. */
export const importanceSampling: readonly Entry[] = [
  {
    name: 'importance',
    paper: 'Katharopoulos & Fleuret 2018, improved',
    biased: true,
    cost: 'none: scores are those of the training passes; on a stream a forward pass of B, only while that pays',
    bytesPerSample: 13,
    streams: true,
    use: 'by default; with weightPower: 1 where the expected gradient must be that of the training loss',
    avoid: 'for one pass over the data: a sample that never comes again has no stored score',
    options: Object.keys(importanceChecks),
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
    options: Object.keys(paper2018Checks),
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
    options: Object.keys(lossSamplingChecks),
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
    options: Object.keys({ ...overPresampleChecks, ...overDataChecks }),
    make: gradientNorm,
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
    options: Object.keys(biasedChecks),
    make: (options: BiasedOptions = {}) => {
      options = checkedOptions('biased', options, biasedChecks);
      const { k, name = 'biased', ...rest } = options;
      return biased(k, importance({ scores: 'fresh', weightPower: 1, ...rest }), name);
    },
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
    options: Object.keys(smoothedChecks),
    make: (options: SmoothedOptions = {}) => {
      options = checkedOptions('smoothed', options, smoothedChecks);
      const { smoothing, name = 'smoothed', ...rest } = options;
      return smoothed(smoothing, importance({ scores: 'fresh', weightPower: 1, ...rest }), name);
    },
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
    options: Object.keys(approximateChecks),
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
    options: Object.keys(constantTimeChecks),
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
    options: Object.keys(constantVarianceChecks),
    make: constantVariance,
  },
];
