/** The options of everything that trains, each with the check of its value; one that is missing here is a type error. */
import * as tf from '@tensorflow/tfjs';
import type { Runtime } from '../compiler/index.ts';
import { fault } from '../errors.ts';
import { checkMethod } from '../methods/check-method.ts';
import { type Check, type Checks, integer, isPlain, shown, when } from '../options.ts';
import { checkCallbacks } from './check-callbacks.ts';
import { refuseStream } from './entry.ts';
import type { IrreducibleLossesArgs } from './irreducible-losses.ts';
import type { FitArgs, FitDatasetArgs, TrainingArgs } from './options.ts';
import type { RaceArgs } from './race-args.ts';
import { weightCount } from './weights.ts';

const refuse = (option: string, got: unknown, expected: string): never => {
  throw fault({ wrong: `bad ${option}`, got: typeof got === 'string' ? `'${got}'` : got, expected });
};

const isNumber = (value: unknown): value is number => typeof value === 'number';
const functionOnly = when((value) => typeof value === 'function', 'a function');
const wholeAbove0 = when((value) => Number.isInteger(value) && (value as number) > 0, 'a whole number > 0');
const whole = integer(0);
const safe = when((value) => Number.isSafeInteger(value), 'an integer');
const engine: Check = (option, value) => {
  if (!['auto', 'compiled', 'eager'].includes(value as string)) {
    throw fault({ wrong: `unknown ${option}`, got: shown(value), expected: "'auto', 'compiled' or 'eager'" });
  }
};
const providers = when(
  (value) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== ''),
  "a list of names: ['webgpu'], ['cuda', 'cpu']",
);
const runtime = when(
  (value) =>
    typeof (value as Partial<Runtime>).InferenceSession?.create === 'function' && 'Tensor' in (value as object),
  'the module onnxruntime-node or onnxruntime-web',
);
const store = when(
  (value) => ['read', 'write'].every((name) => typeof (value as { [name: string]: unknown })[name] === 'function'),
  'an object with the functions read and write',
);
const timeToTrain: Check = (_, value) => {
  if (isNumber(value) && value > 0) return;
  throw fault({
    wrong: 'no time to train',
    got: `seconds: ${String(shown(value))}`,
    expected: 'a number of seconds > 0',
  });
};
const path = when((value) => typeof value === 'string' && value !== '', 'the path of a file');
const checkpoint: Check = (option, value) => {
  const expected = '{ path, every, seconds }';
  if (!isPlain(value)) refuse(option, value, expected);
  const { path: file, every, seconds, ...rest } = value as { [name: string]: unknown };
  path(`path of ${option}`, file);
  if (every !== undefined && every !== null) {
    when((n) => Number.isInteger(n) && (n as number) > 0, 'a whole number of steps > 0')(`every of ${option}`, every);
  }
  if (seconds !== undefined && seconds !== null) {
    when((n) => isNumber(n) && n >= 0 && n < Infinity, 'a number of seconds >= 0')(`seconds of ${option}`, seconds);
  }
  const [unknown] = Reflect.ownKeys(rest);
  if (unknown !== undefined) refuse(option, `the key ${String(unknown)}`, expected);
};
const signal = when(
  (value) => typeof value === 'object' && typeof (value as AbortSignal).aborted === 'boolean',
  'an AbortSignal',
);
const yieldEvery = when(
  (value) =>
    (isNumber(value) && value >= 0 && value < Infinity) ||
    ['auto', 'batch', 'epoch', 'never'].includes(value as string),
  "'auto', 'batch', 'epoch', 'never', or milliseconds",
);
const isOfClasses = (value: unknown): boolean => isPlain(value) || (Array.isArray(value) && value.every(isNumber));
// Of one output, or of each by place or name; in a list null for an output without.
const classWeight = when(
  (value) =>
    isOfClasses(value) ||
    (Array.isArray(value) && value.every((one) => (one ?? undefined) === undefined || isOfClasses(one))),
  'a weight for each class: { 0: 1, 1: 2 } or [1, 2], for several outputs a list of these with null for one without',
);
const has = (value: unknown, part: string): boolean =>
  typeof value === 'object' && value !== null && typeof (value as { [part: string]: unknown })[part] === 'function';
const isPair = (value: unknown): boolean => Array.isArray(value) && (value.length === 2 || value.length === 3);
const validationData = when(
  (value) => isPair(value) || (has(value, 'batch') && !(value instanceof tf.Tensor)),
  '[x, y], [x, y, sampleWeight] or Samples',
);
const validationStream = when(
  (value) => isPair(value) || ((has(value, 'batch') || has(value, 'iterator')) && !(value instanceof tf.Tensor)),
  '[x, y], [x, y, sampleWeight], Samples or a tf.data.Dataset',
);
const samples: Check = (option, value) => {
  refuseStream(value, option);
  if (!has(value, 'batch') || value instanceof tf.Tensor) refuse(option, value, 'Samples: { length, batch(indices) }');
};
const sampleWeight: Check = (_, value) => {
  weightCount(value);
};
const rateFactor: Check = (option, value) => {
  if (!isPlain(value)) refuse(option, value, 'a factor for each method by name');
  for (const [name, factor] of Object.entries(value as object)) {
    if (!(isNumber(factor) && factor > 0 && factor < Infinity)) refuse(`${option} of ${name}`, factor, 'a number > 0');
  }
};
const method: Check = (_, value) => checkMethod('fit', value);

const training: Checks<TrainingArgs> = {
  method,
  seconds: timeToTrain,
  schedule: functionOnly,
  seed: safe,
  signal,
  engine,
  providers,
  runtime,
  checkpoint,
  resume: path,
  store,
  onStep: functionOnly,
  now: functionOnly,
};

const shared = {
  epochs: whole,
  initialEpoch: whole,
  callbacks: checkCallbacks,
  // Callbacks may be registered with TensorFlow.js for higher levels.
  verbose: when((value) => Number.isSafeInteger(value) && (value as number) >= 0, '0, 1 or 2'),
  yieldEvery,
  classWeight,
};

const cluster = when(
  (value) => typeof value === 'object' && typeof (value as { open?: unknown }).open === 'function',
  'dataParallel() of unequal/cluster',
);

export const fitChecks: Checks<FitArgs> = {
  ...training,
  ...shared,
  batchSize: wholeAbove0,
  validationSplit: when((value) => isNumber(value) && value >= 0 && value < 1, 'a share in [0, 1)'),
  validationData,
  shuffle: when((value) => typeof value === 'boolean', 'true or false'),
  sampleWeight,
  cluster,
};

/** Options of `model.fitDataset`, and of `fit` of other libraries. */
export const ofStreams = {
  stepsPerEpoch: 'use fitDataset with batchesPerEpoch',
  validationSteps: 'use fitDataset with validationBatches',
};

/** What other libraries call the options of streams. */
export const ofStreamsElsewhere = {
  stepsPerEpoch: "here it is 'batchesPerEpoch'",
  validationSteps: "here it is 'validationBatches'",
};

export const streamChecks: Checks<FitDatasetArgs> = {
  ...training,
  ...shared,
  batchesPerEpoch: wholeAbove0,
  validationData: validationStream,
  validationBatchSize: wholeAbove0,
  validationBatches: wholeAbove0,
};

export const raceChecks: Checks<RaceArgs> = {
  seconds: timeToTrain,
  batchSize: wholeAbove0,
  seed: safe,
  test: samples,
  trainPart: wholeAbove0,
  points: wholeAbove0,
  slice: when((value) => isNumber(value) && value > 0, 'a number of seconds > 0'),
  schedule: functionOnly,
  rateFactor,
  engine,
  providers,
  runtime,
  signal,
  onStep: functionOnly,
  onPoint: functionOnly,
  now: functionOnly,
};

export const irreducibleChecks: Checks<IrreducibleLossesArgs> = part(fitChecks, [
  ...(['batchSize', 'epochs', 'schedule', 'seed', 'engine', 'providers', 'runtime', 'signal'] as const),
]);

/** The checks of some of the options. */
export function part<Options, Name extends keyof Options>(
  checks: Checks<Options>,
  names: readonly Name[],
): Checks<Pick<Options, Name>> {
  return Object.fromEntries(names.map((name) => [name, checks[name]])) as Checks<Pick<Options, Name>>;
}
