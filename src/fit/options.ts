import type * as tf from '@tensorflow/tfjs';
import type { Rows, Samples } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { checkMethod } from '../methods/check-method.ts';
import type { Method } from '../methods/method.ts';
import type { StepReport } from './report.ts';
import type { Schedule } from './trainer.ts';

/** Which learner runs the training steps; see {@link FitArgs.engine}. */
export type Engine = 'auto' | 'compiled' | 'eager';

/** What {@link FitArgs} and {@link FitDatasetArgs} share: all that `model.fit` has not. */
export interface TrainingArgs {
  /** How samples are picked. Default `importance()`. */
  readonly method?: Method;
  /** Train for this many seconds instead of `epochs`. Evaluation and callbacks do not count, scoring does. */
  readonly seconds?: number;
  /**
   * Learning rate over the run: a share of the budget used (0 to 1) to a factor of the rate the optimizer starts with.
   * Tied to the clock where `seconds` is the budget. Default: the rate stays whatever optimizer and callbacks make it.
   */
  readonly schedule?: Schedule;
  /**
   * Seeds the order of the data, the resampling and dropout: the same seed gives the same run, to the last bit on the same
   * number of threads. Default: a new one each time, kept in the checkpoint.
   */
  readonly seed?: number;
  /**
   * Stops training between two steps, as `model.stopTraining` does. With a `checkpoint` one is written, and an epoch that has
   * begun is ended by whoever resumes it: the two runs tell callbacks and history what one run would have told them.
   */
  readonly signal?: AbortSignal;
  /** `'compiled'`: ONNX Runtime. `'eager'`: TensorFlow.js. Default `'auto'`: compiled where it can be. */
  readonly engine?: Engine;
  /**
   * Where to write checkpoints and after how many steps each (default: every epoch); one more is written at the end. A
   * callback with the methods `state()` and `restore(state)` is kept in them, and so is `tf.callbacks.earlyStopping`.
   */
  readonly checkpoint?: { readonly path: string; readonly every?: number };
  /** A checkpoint to continue from. Everything else must be given as in the run that wrote it. */
  readonly resume?: string;
  /** Called after every step with what it saw. */
  readonly onStep?: (report: StepReport) => void | Promise<void>;
  /** Seconds since any fixed moment; for tests and simulations. Default: the machine's monotonic clock. */
  readonly now?: () => number;
}

/** Arguments of `fit`: those of `tf.LayersModel.fit`, and more. */
export interface FitArgs extends TrainingArgs {
  readonly batchSize?: number;
  readonly epochs?: number;
  readonly initialEpoch?: number;
  /** Share of the samples, the last ones, to validate on instead of training. */
  readonly validationSplit?: number;
  readonly validationData?:
    | readonly [Rows, Rows]
    | readonly [Rows, Rows, ArrayLike<number> | tf.Tensor | readonly tf.Tensor[] | tf.NamedTensorMap]
    | Samples;
  readonly callbacks?: tf.ModelFitArgs['callbacks'];
  readonly verbose?: 0 | 1 | 2;
  readonly yieldEvery?: tf.ModelFitArgs['yieldEvery'];
  /** New random order each epoch (default), or the order given. */
  readonly shuffle?: boolean;
  readonly classWeight?: tf.ModelFitArgs['classWeight'];
  /** One weight per sample, in every output's loss. */
  readonly sampleWeight?: ArrayLike<number> | tf.Tensor;
}

/** Arguments of `fitDataset`: those of `tf.LayersModel.fitDataset`, and more. */
export interface FitDatasetArgs extends TrainingArgs {
  readonly epochs?: number;
  readonly batchesPerEpoch?: number;
  readonly initialEpoch?: number;
  readonly validationData?: FitArgs['validationData'] | StreamOf<tf.TensorContainer>;
  readonly validationBatchSize?: number;
  readonly validationBatches?: number;
  readonly callbacks?: tf.ModelFitArgs['callbacks'];
  readonly verbose?: 0 | 1 | 2;
  readonly yieldEvery?: tf.ModelFitArgs['yieldEvery'];
  readonly classWeight?: tf.ModelFitArgs['classWeight'];
}

/** The part of a `tf.data.Dataset` that is used. */
export interface StreamOf<T> {
  iterator(): Promise<{ next(): Promise<IteratorResult<T>> }>;
}

const known = new Set<string>(
  'method seconds schedule seed signal engine checkpoint resume onStep now batchSize epochs initialEpoch validationSplit validationData callbacks verbose yieldEvery shuffle classWeight sampleWeight batchesPerEpoch validationBatchSize validationBatches'.split(
    ' ',
  ),
);

/** Checks the numbers that need no data. @throws UnequalError */
export function checkArgs(args: Omit<FitArgs, 'validationData'> & Omit<FitDatasetArgs, 'validationData'>): void {
  const { seconds, epochs, initialEpoch = 0, batchSize, validationSplit, checkpoint, seed } = args;
  if (args.method !== undefined && args.method !== null) checkMethod('fit', args.method);
  const positive = (value: number) => Number.isInteger(value) && value > 0;
  for (const name of Object.keys(args)) {
    if (known.has(name)) continue;
    const hint =
      name === 'stepsPerEpoch' || name === 'validationSteps' ? 'use fitDataset with batchesPerEpoch' : undefined;
    throw fault({ wrong: `unknown argument ${name}`, expected: `one of ${[...known].join(', ')}`, mend: hint });
  }
  if (seconds !== undefined && !(seconds > 0)) {
    throw fault({ wrong: 'no time to train', got: `seconds: ${seconds}`, expected: 'a number of seconds > 0' });
  }
  if (batchSize !== undefined && !positive(batchSize)) {
    throw fault({ wrong: 'bad batchSize', got: batchSize, expected: 'a whole number > 0' });
  }
  if (epochs !== undefined && !(Number.isInteger(epochs) && epochs >= initialEpoch)) {
    throw fault({ wrong: 'bad epochs', got: epochs, expected: `a whole number ≥ initialEpoch (${initialEpoch})` });
  }
  if (!(Number.isInteger(initialEpoch) && initialEpoch >= 0)) {
    throw fault({ wrong: 'bad initialEpoch', got: initialEpoch, expected: 'a whole number ≥ 0' });
  }
  if (validationSplit !== undefined && !(validationSplit >= 0 && validationSplit < 1)) {
    throw fault({ wrong: 'bad validationSplit', got: validationSplit, expected: 'a share in [0, 1)' });
  }
  if (checkpoint?.every !== undefined && !positive(checkpoint.every)) {
    throw fault({ wrong: 'bad checkpoint.every', got: checkpoint.every, expected: 'a whole number of steps > 0' });
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw fault({ wrong: 'bad seed', got: seed, expected: 'an integer' });
  }
  if (args.engine !== undefined && !['auto', 'compiled', 'eager'].includes(args.engine)) {
    throw fault({ wrong: 'unknown engine', got: args.engine, expected: "'auto', 'compiled' or 'eager'" });
  }
}
