import type * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../data/samples.ts';
import type { ResamplerName } from '../sampling/resamplers.ts';
import type { ModelBatch } from './batch.ts';
import type { OnDevice } from './on-device.ts';

/**
 * The one seam between the methods and the network: a model that can be scored, stepped and differentiated.
 *
 * Everything that crosses it is a number on the host, so that a method reads the same on any engine. The eager learner
 * is the reference; the compiled one is tested against it.
 */
export interface Learner {
  readonly engine: 'eager' | 'compiled';
  /** Samples that went through a forward and a backward pass so far, to see what a method really costs. */
  readonly counters: Counters;
  /** Why the model can only be trained by uniform sampling, if that is so, as a batch like those to come shows. */
  uniformOnly?(batch: ModelBatch, grouped?: boolean): string | undefined;
  /**
   * Whether the score of a sample has a bound, however far from its target the model is. Where it has none, as with a squared error, a
   * sample that is drawn more often and counts in full takes the model to other answers, not only sooner to the same.
   */
  hasBoundedScores?(batch: ModelBatch): boolean;
  /** The learning rate the next step will use, read from the user's optimizer. */
  learningRate(): number;
  /** What it has loaded, which may be another learner's too. */
  sessions?(): readonly object[];
  /**
   * Makes the slots that an optimizer of the user's own makes at its first step, if it has none yet, so that saved ones can be
   * put there.
   * @returns what takes them away again.
   */
  makeSlots?(): () => void;
  /** Variables that steps have assigned and the state does not have: those of a loss, or where no slots are looked for. */
  unsaved?(): readonly tf.Variable[];
  /** Sets it, on the user's optimizer. @throws UnequalError if it keeps none that can be set. */
  setLearningRate(rate: number): void;
  /** @throws UnequalError that says why, if samples of this model cannot be scored so. */
  requireScore(kind: ScoreKind): void;
  /**
   * One score per sample from one forward pass in evaluation mode (dropout off, batch statistics frozen). Leaves no
   * trace in weights, optimizer, statistics or random state. `gradient-norm` takes a backward pass as well.
   */
  scores(batch: ModelBatch, kind: ScoreKind): Promise<Float32Array>;
  /**
   * One update by the user's optimizer on `mean(weightᵢ · lossᵢ) + regularisation`.
   * @param weights importance weights, one per sample; all 1 where absent.
   * @throws UnequalError if the loss or the gradient is not finite; the model is then as it was before the step.
   */
  step(batch: ModelBatch, weights?: ArrayLike<number>, options?: StepOptions): Promise<StepResult>;
  /**
   * An importance step in one: scores the pool, draws samples of it, and updates on these with their weights, as `scores`,
   * `distribution`, the resampler and `step` would, but passing the drawn samples forward only once.
   * @returns the reason where this learner cannot do so for such a model or draw; nothing has happened then.
   * @throws UnequalError as `scores`, `distribution` and `step` do; the model is then as it was before.
   */
  iterate?(pool: ModelBatch, draw: DrawRequest, options?: StepOptions): Promise<IterationResult | Refusal>;
  /**
   * The gradient `step` would apply, regularisation included, applied to nothing. Leaves no trace unless told to `track`.
   */
  gradient(batch: ModelBatch, weights?: ArrayLike<number>, options?: GradientOptions): Promise<GradientResult>;
  /** One update by the user's optimizer with a gradient that a method has made. */
  apply(gradient: Parameters): Promise<void>;
  /** Loss and metrics per sample in evaluation mode. */
  evaluate(batch: ModelBatch): Promise<Evaluation>;
  /** The model's outputs in evaluation mode, one array per output: embeddings, predictions. Leaves no trace. */
  outputs(batch: ModelBatch): Promise<NdArray[]>;
  /** A copy of the trainable parameters. */
  parameters(): Promise<Parameters>;
  /** Sets the trainable parameters. */
  assign(parameters: Parameters): Promise<void>;
  /** Everything a later step depends on: weights, statistics, optimizer slots, learning rate. */
  state(): Promise<LearnerState>;
  restore(state: LearnerState): Promise<void>;
  /**
   * Code of the user's has run, a callback for instance: what the model computes may have changed. Weights and what layers
   * and optimizers hold in fields are looked at anyway.
   */
  lookAgain?(): void;
  /** Weights and slots on a device, if they are on one. */
  readonly onDevice?: OnDevice | undefined;
  /** Frees what the learner holds; the model and its optimizer stay. */
  dispose(): Promise<void>;
}

/** What samples can be scored by: the bound of the paper (eq. 20), the loss, the exact norm of the gradient, or nothing. */
export const scoreKinds = ['upper-bound', 'loss', 'gradient-norm', 'uniform'] as const;
/** What a sample can be scored by. */
export type ScoreKind = (typeof scoreKinds)[number];

/** One flat array per trainable variable, in the model's order. */
export type Parameters = Float32Array[];

/** Samples that have passed through the network so far, forward and backward. */
export interface Counters {
  forward: number;
  backward: number;
}

/** How a step is made. */
export interface StepOptions {
  /** Seeds whatever the network draws (dropout, noise): the same seed, the same masks. */
  readonly seed?: number;
  /** Whether the result should have the scores of the samples. Default true; without, a learner may leave them out. */
  readonly scores?: boolean;
}

/** How a gradient is computed. */
export interface GradientOptions extends StepOptions {
  /** Differentiate at these parameters; default: the model's. */
  readonly at?: Parameters;
  /** Let the moving statistics of batch normalisation follow this pass, as a step's does. Default false. */
  readonly track?: boolean;
}

/** What a step has found out about its batch. */
export interface StepResult {
  /** The objective before the update: weighted mean loss plus regularisation. */
  readonly loss: number;
  /** Loss of each sample, times the user's own weight of it, without its importance weight. */
  readonly losses: Float32Array;
  /** The same without the user's weights, where there are any. */
  readonly unweighted?: Float32Array;
  /**
   * Upper-bound score of each sample from this very pass; absent where the model has none. Of a sample
   * whose importance weight is 0 it may be 0.
   */
  readonly scores?: Float32Array;
  /**
   * Of a classifier, four rows of n: margin of the given label in logits, its probability, the class the model would give,
   * the given class.
   */
  readonly answers?: Float32Array;
  /** The model's metrics on this batch, unweighted, in the order of `metricsNames` after `loss`. */
  readonly metrics: readonly number[];
}

/** How samples are drawn from a pool. */
export interface DrawRequest {
  /** How many. */
  readonly size: number;
  readonly score: ScoreKind;
  readonly resample: ResamplerName;
  /** λ, the share of the uniform distribution mixed in. */
  readonly mixture: number;
  /** k of the biased weights wᵏ, and what is above the largest weight is cut. */
  readonly weightPower: number;
  readonly weightBound: number;
  /** Scores above it count as it. */
  readonly cap?: number;
  /** The uniform numbers that `resampler(resample).numbers` gives for the draw. */
  readonly numbers: Float64Array;
  /** The samples of the pool, named in errors; the positions by default. */
  readonly indices?: ArrayLike<number>;
}

/** Why something was not done; all is as it was before. */
export interface Refusal {
  readonly why: string;
}

/** What a step on the drawn samples gave, in the order they were drawn, and the draw. */
export interface IterationResult extends StepResult {
  /** Positions in the pool. */
  readonly rows: Int32Array;
  /** As used, and as they would be without power and bound. */
  readonly weights: Float64Array;
  readonly unbiased: Float64Array;
  /** One for each sample of the pool. */
  readonly poolScores: Float32Array;
}

/** A gradient, and what the same pass has found out about the batch. */
export interface GradientResult extends StepResult {
  readonly gradient: Parameters;
}

/** What a batch costs without being trained on. */
export interface Evaluation {
  readonly losses: Float32Array;
  /** Means over the batch: total loss without regularisation, then the metrics. */
  readonly metrics: readonly number[];
}

/** A variable of the model or the optimizer, as it is saved. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** All of a learner that a checkpoint keeps. */
export interface LearnerState {
  readonly weights: readonly NamedArray[];
  readonly slots: readonly NamedArray[];
  /** `iterations` of the optimizer and its learning rate. */
  readonly iterations: number;
  readonly learningRate: number;
  /** The field `learningRate` of SGD and momentum where it was assigned: they step with the rate above all the same. */
  readonly rateField?: number;
  /** Which layers are trainable: a callback may have frozen some. */
  readonly trainable: readonly boolean[];
  /** Of each stateful recurrent layer what the next batch begins with; nothing of one that was not called yet. */
  readonly states?: readonly (readonly NamedArray[])[];
}
