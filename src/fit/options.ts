import type * as tf from '@tensorflow/tfjs';
import type { ExecutionProvider, Runtime } from '../compiler/index.ts';
import type { Rows, Samples } from '../data/samples.ts';
import type { Method, Schedule } from '../methods/method.ts';
import type { StepReport } from './report.ts';
import type { CheckpointStore } from './store.ts';
import type { Cluster } from './team.ts';

/** Which learner runs the training steps; see {@link EngineArgs.engine}. */
export type Engine = 'auto' | 'compiled' | 'eager';

/** What runs the training steps. */
export interface EngineArgs {
  /**
   * `'compiled'`: ONNX Runtime, in Node the package `onnxruntime-node`, in a browser `onnxruntime-web`. `'eager'`: the
   * TensorFlow.js backend that is set. Default `'auto'`: compiled where it can be, but for a small model in a run of a few
   * steps; where TensorFlow.js's backend is on a GPU in a browser, the one that differentiates a batch faster.
   */
  readonly engine?: Engine;
  /**
   * Which execution providers of ONNX Runtime run compiled steps, in order of preference: `['webgpu']`, `['cuda', 'cpu']`.
   * Those of a list that cannot be used here are passed over, after one warning. Default: the processor.
   */
  readonly providers?: readonly ExecutionProvider[];
  /** The module of ONNX Runtime to use, where another than the default is wanted: `import * as ort from 'onnxruntime-web'`. */
  readonly runtime?: Runtime;
}

/** What {@link FitArgs} and {@link FitDatasetArgs} share: all that `model.fit` has not. */
export interface TrainingArgs extends EngineArgs {
  /** How samples are picked. Default `importance()`. */
  readonly method?: Method;
  /** Train for this many seconds instead of `epochs`. Evaluation and callbacks do not count, scoring does. */
  readonly seconds?: number;
  /**
   * Learning rate over the run: a share of the budget used (0 to 1) to a factor of the rate the optimizer starts with.
   * Tied to the clock where `seconds` is the budget. A rate that a callback sets, as `ReduceLROnPlateau` does, is gone on from: the
   * schedule then multiplies that rate ÷ its last factor. After the run, also one that fails or is stopped, the optimizer has the rate
   * without the factor again, or the one that a callback has set since the last step. A resumed run goes on with the checkpoint's
   * rate; its factor is that of the schedule it is given, 1 where it is given none. On a stream of unknown length (without `size`, `batchesPerEpoch`
   * and `seconds`) it stands still in the first epoch, with a warning. Default: the rate stays whatever optimizer and callbacks make it.
   */
  readonly schedule?: Schedule;
  /**
   * Seeds the order of the data, the resampling and dropout: the same seed gives the same run, to the last bit on the same
   * number of threads. Default: a new one each time, kept in the checkpoint; small models in short runs are trained eagerly
   * then, which draws other dropout from the same seed.
   */
  readonly seed?: number;
  /**
   * Stops training between two steps, as `model.stopTraining` does. With a `checkpoint` one is written, and an epoch that has
   * begun is ended by whoever resumes it: the two runs tell callbacks and history what one run would have told them.
   */
  readonly signal?: AbortSignal;
  /**
   * Where to write checkpoints and after how many steps each (default: every epoch); one more is written at the end. Where
   * `seconds` is given, one that would come sooner after the last than that is left out, but for that at the end. A
   * callback with the methods `state()` and `restore(state)` is kept in them, and so is `tf.callbacks.earlyStopping`.
   */
  readonly checkpoint?: { readonly path: string; readonly every?: number; readonly seconds?: number };
  /** A checkpoint to continue from. Everything else must be given as in the run that wrote it. */
  readonly resume?: string;
  /** What checkpoints are written to and read from. Default: files in Node, Deno and Bun, `indexedDbStore()` in a browser. */
  readonly store?: CheckpointStore;
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
  /**
   * 1: a progress line an epoch, on a terminal with a bar; 2: without; 0: nothing, also not TensorFlow.js's greeting. Not given:
   * nothing of ours, for a library that trains should not print.
   */
  readonly verbose?: 0 | 1 | 2;
  readonly yieldEvery?: tf.ModelFitArgs['yieldEvery'];
  /** New random order each epoch (default), or the order given. Where it is the order given and no method is, training is uniform. */
  readonly shuffle?: boolean;
  readonly classWeight?: tf.ModelFitArgs['classWeight'];
  /**
   * One weight per sample, in every output's loss; multiplied by those of `classWeight` and of the Samples' own batches. A loss
   * that gives one number for a whole batch cannot be weighted so, and is refused.
   */
  readonly sampleWeight?: ArrayLike<number> | tf.Tensor;
  /** Other processes that train the same model: `dataParallel()` of `unequal/cluster`. */
  readonly cluster?: Cluster;
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
