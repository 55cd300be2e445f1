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
export { indexedDbStore } from './fit/indexed-db-store.ts';
export { type IrreducibleLossesArgs, irreducibleLosses } from './fit/irreducible-losses.ts';
export type { Engine, EngineArgs, FitArgs, FitDatasetArgs, TrainingArgs } from './fit/options.ts';
export { race } from './fit/race.ts';
export type { RaceArgs } from './fit/race-args.ts';
export type { StepReport } from './fit/report.ts';
export type { CheckpointStore } from './fit/store.ts';
// To write a method or a learner of your own
export { CompiledLearner } from './learner/compiled.ts';
export { EagerLearner } from './learner/eager.ts';
export type { Learner, ScoreKind } from './learner/learner.ts';
export { decayed } from './methods/decayed.ts';
// Methods
export { type ApproximateOptions, approximate } from './methods/importance/approximate.ts';
export { biased } from './methods/importance/biased.ts';
export { type ConstantTimeOptions, constantTime } from './methods/importance/constant-time.ts';
export { type ConstantVarianceOptions, constantVariance } from './methods/importance/constant-variance.ts';
export { type GradientNormOptions, gradientNorm } from './methods/importance/gradient-norm.ts';
export { type ImportanceOptions, importance } from './methods/importance/importance.ts';
export { lossSampling } from './methods/importance/loss-sampling.ts';
export { paper2018 } from './methods/importance/paper2018.ts';
export { smoothed } from './methods/importance/smoothed.ts';
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
export { hardMining, semiHardMining } from './methods/mining/hard-mining.ts';
export { hardestPairs } from './methods/mining/hardest-pairs.ts';
export { type EmbeddingLoss, pairLoss, tripletLoss } from './methods/mining/triplet-loss.ts';
export { cosineDecay, stepDecay } from './methods/schedule.ts';
export { type InfoBatchOptions, infoBatch } from './methods/selection/info-batch.ts';
export { type OnlineBatchSelectionOptions, onlineBatchSelection } from './methods/selection/online-batch-selection.ts';
export { type PrioritizedOptions, prioritized } from './methods/selection/prioritized.ts';
export { type RandomSubsetOptions, randomSubset } from './methods/selection/random-subset.ts';
export { type RhoLossOptions, rhoLoss } from './methods/selection/rho-loss.ts';
export { type SelectiveBackpropOptions, selectiveBackprop } from './methods/selection/selective-backprop.ts';
export { type StoredScoresOptions, storedScores } from './methods/selection/stored-scores.ts';
export { uniform } from './methods/uniform.ts';
export { type KatyushaOptions, katyusha } from './methods/variance-reduced/katyusha.ts';
export { type SagaOptions, saga } from './methods/variance-reduced/saga.ts';
export { type ScsgOptions, scsg } from './methods/variance-reduced/scsg.ts';
export { type SvrgOptions, svrg } from './methods/variance-reduced/svrg.ts';
