/**
 * unequal: train TensorFlow.js models on the samples that matter.
 *
 * @module unequal
 */

export type { Advice, Candidate } from './advice/advice.ts';
export { type AdviseArgs, advise } from './advice/advise.ts';
// What the types above are made of
export type { Outlook } from './advice/outlook.ts';
// Training
export type { Batch, NdArray, Rows, Samples } from './data/samples.ts';
export type { Costs, CostsState } from './decision/costs.ts';
export type { Constants, Decision, Reason, Start } from './decision/index.ts';
export { UnequalError } from './errors.ts';
export type { BalanceState } from './fit/balance.ts';
export type { CappedSample } from './fit/capped.ts';
export type { Bytes } from './fit/codec.ts';
export type { CourseRecord } from './fit/course.ts';
export { CSVLogger } from './fit/csv-logger.ts';
export type { Curve, CurvePoint, TracePoint } from './fit/curve.ts';
export { EarlyStopping, type EarlyStoppingArgs, earlyStopping } from './fit/early-stopping.ts';
export {
  type FindLearningRateArgs,
  findLearningRate,
  type RateCurve,
  type RatePoint,
} from './fit/find-learning-rate.ts';
export { fit } from './fit/fit.ts';
export { fitDataset } from './fit/fit-dataset.ts';
export type { History, ReportNames, RunSetup, SampledHistory, SwitchRecord } from './fit/history.ts';
export { indexedDbStore } from './fit/indexed-db-store.ts';
export { type IrreducibleLossesArgs, irreducibleLosses } from './fit/irreducible-losses.ts';
export { type Logger, logger } from './fit/logger.ts';
export { ModelCheckpoint, type ModelCheckpointArgs } from './fit/model-checkpoint.ts';
export type { MonitorArgs } from './fit/monitored.ts';
export type { Engine, EngineArgs, FitArgs, FitDatasetArgs, StreamOf, TrainingArgs } from './fit/options.ts';
export { race } from './fit/race.ts';
export type { RaceArgs } from './fit/race-args.ts';
export { ReduceLROnPlateau, type ReduceLROnPlateauArgs } from './fit/reduce-lr-on-plateau.ts';
export type { StepReport } from './fit/report.ts';
export { aumCsv, cartography, fiftyOneLines, type MapPoint, type SampleNames, samplesCsv } from './fit/sample-files.ts';
export type { SampleHistory, SampleRecord, Suspect } from './fit/sample-history.ts';
export type { SampleMemoryState } from './fit/sample-memory.ts';
export { readSamples, writeSamples } from './fit/samples-file.ts';
export type { CheckpointStore } from './fit/store.ts';
export { loadModel, readCheckpoint, saveModel } from './fit/stored.ts';
export { type TensorBoardArgs, type TensorBoardImage, tensorBoard } from './fit/tensor-board.ts';
export type { ModelBatch } from './learner/batch.ts';
// To write a method or a learner of your own
export { CompiledLearner } from './learner/compiled.ts';
export { EagerLearner } from './learner/eager.ts';
export { exportOnnx } from './learner/export-onnx.ts';
export type {
  Counters,
  DrawRequest,
  Evaluation,
  GradientOptions,
  GradientResult,
  IterationResult,
  Learner,
  LearnerState,
  NamedArray,
  Parameters,
  Refusal,
  ScoreKind,
  StepOptions,
  StepResult,
} from './learner/learner.ts';
export { decayed } from './methods/decayed.ts';
// Methods
export { type ApproximateOptions, approximate } from './methods/importance/approximate.ts';
export { biased } from './methods/importance/biased.ts';
export { type ConstantTimeOptions, constantTime } from './methods/importance/constant-time.ts';
export { type ConstantVarianceOptions, constantVariance } from './methods/importance/constant-variance.ts';
export { type GradientNormOptions, gradientNorm } from './methods/importance/gradient-norm.ts';
export { type ImportanceOptions, importance } from './methods/importance/importance.ts';
export { lossSampling } from './methods/importance/loss-sampling.ts';
export type { Paper2018Options } from './methods/importance/paper2018.ts';
export { paper2018 } from './methods/importance/paper2018.ts';
export type { SmoothingOption } from './methods/importance/smoothed.ts';
export { smoothed } from './methods/importance/smoothed.ts';
export type {
  Context,
  Method,
  Pick,
  Plan,
  Pool,
  Resample,
  Sampler,
  SamplerReport,
  Schedule,
  Source,
  Standing,
  State,
  Switched,
  Update,
  UpdateResult,
} from './methods/method.ts';
export type { MiningOptions } from './methods/mining/hard-mining.ts';
export { hardMining, semiHardMining } from './methods/mining/hard-mining.ts';
export type { HardestPairsOptions } from './methods/mining/hardest-pairs.ts';
export { hardestPairs } from './methods/mining/hardest-pairs.ts';
export type { MarginOptions } from './methods/mining/triplet-loss.ts';
export { type EmbeddingLoss, pairLoss, tripletLoss } from './methods/mining/triplet-loss.ts';
export { isResample, resampled } from './methods/resample.ts';
export { cosineDecay, type OneCycleOptions, oneCycle, stepDecay, warmUp } from './methods/schedule.ts';
export { type EvolvedSamplingOptions, evolvedSampling } from './methods/selection/evolved-sampling.ts';
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
// Optimizers
export { accumulated } from './optimizers/accumulated.ts';
export { adamW, decayed as weightDecayed, type WeightDecay } from './optimizers/adam-w.ts';
export type { Trained } from './optimizers/averaged.ts';
export { averaged } from './optimizers/averaged.ts';
export { type Clipping, clipped } from './optimizers/clipped.ts';
export { withAverages } from './optimizers/with-averages.ts';
