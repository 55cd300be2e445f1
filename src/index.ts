/**
 * unequal: train TensorFlow.js models on the samples that matter.
 *
 * @packageDocumentation
 */
export type { Batch, NdArray, Rows, Samples } from './data/samples.ts';
export { UnequalError } from './errors.ts';
export { fit, fitDataset } from './fit/fit.ts';
export type { History, SwitchRecord } from './fit/history.ts';
export type { Engine, FitArgs, FitDatasetArgs, TrainingArgs } from './fit/options.ts';
export { type Curve, type CurvePoint, type RaceArgs, race, type TracePoint } from './fit/race.ts';
export type { StepReport } from './fit/report.ts';
export { cosineDecay, stepDecay } from './fit/schedule.ts';
export type { Schedule } from './fit/trainer.ts';
export { EagerLearner } from './learner/eager.ts';
export type { Learner, ScoreKind } from './learner/learner.ts';
export { type ImportanceOptions, importance } from './methods/importance.ts';
export type { Context, Method, Pick, Plan, Pool, Sampler, SamplerReport, Source, Update } from './methods/method.ts';
export { paper2018 } from './methods/paper2018.ts';
export type { Start } from './methods/start.ts';
export { uniform } from './methods/uniform.ts';
