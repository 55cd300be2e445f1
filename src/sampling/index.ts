/**
 * The numbers behind the methods, without TensorFlow.js.
 *
 * @module unequal/sampling
 */
export { biased } from './bias.ts';
export type { Sizes } from './cost.ts';
export { paysOff, type StepCost, threshold } from './cost.ts';
export { type DistributionOptions, distribution } from './distribution.ts';
export type { Draw, Resampler } from './draw.ts';
export { multinomial } from './multinomial.ts';
export { Random } from './random.ts';
export { exponentialRanks, powerRanks, type RankDistribution } from './rank-distribution.ts';
export { Ranking } from './ranking.ts';
export { type ResamplerName, resampler, resamplers } from './resamplers.ts';
export { Shuffle, type ShuffleState } from './shuffle.ts';
export { AdaptiveSmoothing, additive, power, type Smoothing, type SmoothingOptions } from './smoothing.ts';
export { SumTree } from './sum-tree.ts';
export { systematic } from './systematic.ts';
export { ess, TauAverage, type TauForm, type TauOptions, tau, varianceReduction } from './tau.ts';
export { inclusionProbabilities, withoutReplacement } from './without-replacement.ts';
