/**
 * unequal: train TensorFlow.js models on the samples that matter.
 *
 * @packageDocumentation
 */

export type { Advice, Candidate } from './advice/advice.ts';
export { type AdviseArgs, advise } from './advice/advise.ts';
// Training
export type { Batch, NdArray, Rows, Samples } from './data/samples.ts';
export type { Start } from './decision/index.ts';
export { UnequalError } from './errors.ts';
export type { CappedSample } from './fit/capped.ts';
export type { Curve, CurvePoint, TracePoint } from './fit/curve.ts';
export { EarlyStopping, type EarlyStoppingArgs, earlyStopping } from './fit/early-stopping.ts';
export { fit, fitDataset } from './fit/fit.ts';
export type { History, SwitchRecord } from './fit/history.ts';
export { type IrreducibleLossesArgs, irreducibleLosses } from './fit/irreducible-losses.ts';
export type { Engine, FitArgs, FitDatasetArgs, TrainingArgs } from './fit/options.ts';
export { race } from './fit/race.ts';
export type { RaceArgs } from './fit/race-args.ts';
export type { StepReport } from './fit/report.ts';
// To write a method or a learner of your own
export { CompiledLearner } from './learner/compiled.ts';
export { EagerLearner } from './learner/eager.ts';
export type { Learner, ScoreKind } from './learner/learner.ts';
// Methods
export { type ApproximateOptions, approximate } from './methods/approximate.ts';
export { biased } from './methods/biased.ts';
export { type ConstantTimeOptions, constantTime } from './methods/constant-time.ts';
export { type ConstantVarianceOptions, constantVariance } from './methods/constant-variance.ts';
export { decayed } from './methods/decayed.ts';
export { type GradientNormOptions, gradientNorm } from './methods/gradient-norm.ts';
export { hardMining, semiHardMining } from './methods/hard-mining.ts';
export { hardestPairs } from './methods/hardest-pairs.ts';
export { type ImportanceOptions, importance } from './methods/importance.ts';
export { type InfoBatchOptions, infoBatch } from './methods/info-batch.ts';
export { type KatyushaOptions, katyusha } from './methods/katyusha.ts';
export { lossSampling } from './methods/loss-sampling.ts';
export type {
  Context,
  Method,
  Pick,
  Plan,
  Pool,
  Sampler,
  SamplerReport,
  Schedule,
  Source,
  Update,
} from './methods/method.ts';
export { type OnlineBatchSelectionOptions, onlineBatchSelection } from './methods/online-batch-selection.ts';
export { paper2018 } from './methods/paper2018.ts';
export { type PrioritizedOptions, prioritized } from './methods/prioritized.ts';
export { type RandomSubsetOptions, randomSubset } from './methods/random-subset.ts';
export { type RhoLossOptions, rhoLoss } from './methods/rho-loss.ts';
export { type SagaOptions, saga } from './methods/saga.ts';
export { cosineDecay, stepDecay } from './methods/schedule.ts';
export { type ScsgOptions, scsg } from './methods/scsg.ts';
export { type SelectiveBackpropOptions, selectiveBackprop } from './methods/selective-backprop.ts';
export { smoothed } from './methods/smoothed.ts';
export { type StoredScoresOptions, storedScores } from './methods/stored-scores.ts';
export { type SvrgOptions, svrg } from './methods/svrg.ts';
export { type EmbeddingLoss, pairLoss, tripletLoss } from './methods/triplet-loss.ts';
export { uniform } from './methods/uniform.ts';
