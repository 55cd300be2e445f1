/** The options of everything that trains, each with the check of its value; one that is missing here is a type error. */
import * as tf from '@tensorflow/tfjs';
import type { Runtime } from '../compiler/index.ts';
import { fault } from '../errors.ts';
import { checkMethod } from '../methods/check-method.ts';
import { type Check, type Checks, integer, isPlain } from '../methods/options.ts';
import { nearestName } from '../nearest.ts';
import type { FitArgs, FitDatasetArgs, TrainingArgs } from './options.ts';
import type { RaceArgs } from './race-args.ts';

/** Whoever uses it says what is wrong with it. */
const elsewhere: Check = () => {};

const refuse = (option: string, got: unknown, expected: string): never => {
  throw fault({ wrong: `bad ${option}`, got: typeof got === 'string' ? `'${got}'` : got, expected });
};

const when =
  (holds: (value: unknown) => boolean, expected: string): Check =>
  (option, value) => {
    if (!holds(value)) refuse(option, value, expected);
  };

const isNumber = (value: unknown): value is number => typeof value === 'number';
const functionOnly = when((value) => typeof value === 'function', 'a function');
const wholeAbove0 = when((value) => Number.isInteger(value) && (value as number) > 0, 'a whole number > 0');
const whole = integer(0);
const safe = when((value) => Number.isSafeInteger(value), 'an integer');
const engine: Check = (option, value) => {
  if (!['auto', 'compiled', 'eager'].includes(value as string)) {
    throw fault({ wrong: `unknown ${option}`, got: value, expected: "'auto', 'compiled' or 'eager'" });
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
  throw fault({ wrong: 'no time to train', got: `seconds: ${String(value)}`, expected: 'a number of seconds > 0' });
};
const path = when((value) => typeof value === 'string' && value !== '', 'the path of a file');
const checkpoint: Check = (option, value) => {
  if (!isPlain(value)) refuse(option, value, '{ path, every }');
  const { path: file, every, ...rest } = value as { [name: string]: unknown };
  path(`${option}.path`, file);
  if (every !== undefined) {
    when((n) => Number.isInteger(n) && (n as number) > 0, 'a whole number of steps > 0')(`${option}.every`, every);
  }
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) refuse(option, `the key ${unknown}`, '{ path, every }');
};
const callbacks = when(
  (value) => typeof value === 'object' || (Array.isArray(value) && value.every((one) => typeof one === 'object')),
  'an object of functions, a tf.Callback, or a list of these',
);
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
const classWeight = when((value) => typeof value === 'object', 'a weight for each class: { 0: 1, 1: 2 }');
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
  callbacks,
  // Callbacks may be registered with TensorFlow.js for higher levels.
  verbose: when((value) => Number.isSafeInteger(value) && (value as number) >= 0, '0, 1 or 2'),
  yieldEvery,
  classWeight,
};

export const fitChecks: Checks<FitArgs> = {
  ...training,
  ...shared,
  batchSize: wholeAbove0,
  validationSplit: when((value) => isNumber(value) && value >= 0 && value < 1, 'a share in [0, 1)'),
  validationData: elsewhere,
  shuffle: when((value) => typeof value === 'boolean' || value === 'batch', 'true or false'),
  sampleWeight: elsewhere,
};

export const streamChecks: Checks<FitDatasetArgs> = {
  ...training,
  ...shared,
  batchesPerEpoch: wholeAbove0,
  validationData: elsewhere,
  validationBatchSize: wholeAbove0,
  validationBatches: wholeAbove0,
};

export const raceChecks: Checks<RaceArgs> = {
  seconds: timeToTrain,
  batchSize: wholeAbove0,
  seed: safe,
  test: elsewhere,
  trainPart: wholeAbove0,
  points: wholeAbove0,
  slice: when((value) => isNumber(value) && value > 0, 'a number of seconds > 0'),
  schedule: functionOnly,
  rateFactor: when((value) => isPlain(value), 'a factor for each method by name'),
  engine,
  providers,
  runtime,
  signal,
  onStep: functionOnly,
  onPoint: functionOnly,
  now: functionOnly,
};

/**
 * Checks options by name and value; `undefined` and `null` are not given.
 * @throws UnequalError with the nearest name.
 */
export function checkTable<Options>(of: string, options: unknown, checks: Checks<Options>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options) || options instanceof tf.Tensor) {
    throw fault({ wrong: `bad arguments of ${of}`, got: options, expected: 'an object of options by name' });
  }
  const names = Object.keys(checks);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) throw unknownOption(of, name, names);
    if (value !== undefined && value !== null) checks[name as keyof Options](name, value);
  }
}

function unknownOption(of: string, name: string, names: readonly string[]): Error {
  const nearest = nearestName(name, names);
  const stream = name === 'stepsPerEpoch' || name === 'validationSteps';
  const mend = stream ? 'use fitDataset with batchesPerEpoch' : nearest && `did you mean ${nearest}?`;
  return fault({ wrong: `unknown argument ${name} of ${of}`, expected: `one of ${names.join(', ')}`, mend });
}
