import type { Entry } from '../entry.ts';
import { evolvedSampling, evolvedSamplingChecks } from './evolved-sampling.ts';
import { infoBatch, infoBatchChecks } from './info-batch.ts';
import { onlineBatchSelection, onlineBatchSelectionChecks } from './online-batch-selection.ts';
import { prioritized, prioritizedChecks } from './prioritized.ts';
import { randomSubset, randomSubsetChecks } from './random-subset.ts';
import { rhoLoss, rhoLossChecks } from './rho-loss.ts';
import { selectiveBackprop, selectiveBackpropChecks } from './selective-backprop.ts';
import { storedScores, storedScoresChecks } from './stored-scores.ts';

/** The methods that choose among all samples by what is stored of each, or leave samples out. */
export const selection: readonly Entry[] = [
  {
    name: 'onlineBatchSelection',
    paper: 'Loshchilov & Hutter 2015',
    biased: true,
    cost: 'a forward pass of all samples every second epoch, a sorting every epoch',
    bytesPerSample: 16,
    streams: false,
    use: 'on small, clean data with an adaptive optimizer',
    avoid: 'with label noise or augmentation: it goes for the largest losses, and stored ones go stale',
    options: Object.keys(onlineBatchSelectionChecks),
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
    options: Object.keys(prioritizedChecks),
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
    options: Object.keys(storedScoresChecks),
    make: storedScores,
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
    options: Object.keys(selectiveBackpropChecks),
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
    options: Object.keys(rhoLossChecks),
    make: rhoLoss,
  },
  {
    name: 'evolvedSampling',
    paper: 'Cheng, Li & Bian 2025',
    biased: true,
    cost: 'a forward pass of 4b samples',
    bytesPerSample: 4,
    streams: false,
    use: 'on data of which much is learned soon, with a forward pass that is cheap beside a step',
    avoid:
      'with wrong labels, which are drawn the more; where samples are about as hard as each other: a step takes 2.3 times as ' +
      'long as a uniform one',
    options: Object.keys(evolvedSamplingChecks),
    make: evolvedSampling,
  },
  {
    name: 'infoBatch',
    paper: 'Qin et al. 2024',
    biased: true,
    unbiasedOver: 'an epoch',
    cost: 'none: leaves out up to half of the well-known samples',
    bytesPerSample: 12,
    streams: false,
    use: 'for many epochs on data that is mostly learned early',
    avoid:
      'for few epochs: the first leaves out nothing, nor does the last eighth; with a regulariser or weight decay that matters: ' +
      'steps are up to twice as large as uniform ones at the same learning rate, and beside them these count up to half as much',
    options: Object.keys(infoBatchChecks),
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
    options: Object.keys(randomSubsetChecks),
    make: randomSubset,
  },
];
