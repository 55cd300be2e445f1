import type { Costs, Reason } from '../decision/index.ts';
import type { ModelBatch } from '../learner/batch.ts';
import type { DrawRequest, IterationResult, Learner, Refusal, StepResult } from '../learner/learner.ts';
import type { Random } from '../sampling/random.ts';
import type { Measured } from './measured.ts';

/**
 * A training method: which samples are trained on, with which weights, and what is done with their gradient.
 *
 * A method is a value with no state of its own, made by a small factory. `sampler` and `update` start one run of it.
 */
export interface Method {
  /** Name in tables and curves. */
  readonly name: string;
  /** The options it was made with, complete, for the record of the run. */
  readonly options: { readonly [option: string]: State };
  /** Whether it arranges samples that belong together (triplets, pairs), for a loss that looks at all rows of a batch. */
  readonly grouped?: boolean;
  /** Checked before the first step. @throws UnequalError */
  check?(plan: Plan): void;
  /**
   * Whether what it draws depends on how long the run is to be. Then a run that is given more epochs afterwards is another than
   * one that had them from the start. One with a `schedule` depends on it in any case.
   */
  readonly byBudget?: boolean;
  /** Learning rate over the run; multiplied with the run's own schedule where that has one too. */
  readonly schedule?: Schedule;
  sampler(context: Context): Sampler;
  /** Default: one step of the user's optimizer on the weighted mean loss. */
  update?(context: Context): Update;
}

/** Share of the budget used, 0 to 1, to a factor of the learning rate. */
export type Schedule = (progress: number) => number;

/** What is known of a run before its first step. */
export interface Plan {
  /** b, samples per update. */
  readonly batchSize: number;
  /** N; absent for a stream. */
  readonly length?: number;
  /** Total number of epochs; absent where a time budget or `stopTraining` ends the run. */
  readonly epochs?: number;
}

/** What a run of a method works with. */
export interface Context extends Plan {
  readonly learner: Learner;
  readonly source: Source;
  /** The run's own random stream. */
  readonly random: Random;
  /** Measured seconds per sample of the passes. */
  readonly costs: Costs;
  /** Share of the budget (epochs or seconds) used so far, 0 to 1. */
  progress(): number;
  /** Epochs trained so far, with its fraction: updates × b / N. */
  epoch(): number;
  /** Seconds of training so far, this draw included. */
  seconds(): number;
}

/** Where samples come from. */
export interface Source {
  /** N; absent for a stream. */
  readonly length?: number | undefined;
  /** Of a stream, the samples of a pass, once there has been a whole one. */
  readonly passLength?: number | undefined;
  /** The next `count` samples of the shuffled data, an epoch after the other; fewer at the end of a stream. */
  next(count: number): Promise<Pool>;
  /** The samples at these indices. @throws UnequalError on a stream, whose samples have no index. */
  at(indices: ArrayLike<number>): Promise<ModelBatch>;
  /** Told that `next` is likely to be called with these counts, the nearest first; a guess may be wrong. */
  readonly soon?: ((counts: readonly number[]) => void) | undefined;
  /** Told that `at` is likely to be called with these indices. */
  readonly soonAt?: ((indices: ArrayLike<number>) => void) | undefined;
  /** What a sample is called in errors and explanations; absent where that is its index. */
  readonly place?: ((index: number) => number) | undefined;
}

/** Samples held together with where they are in the data. */
export interface Pool {
  readonly batch: ModelBatch;
  /** Index of each sample in the data; its running number on a stream. */
  readonly indices: Int32Array;
  /** Whether there are fewer than were asked for because the next of a stream have another shape. */
  readonly cut?: boolean;
}

/** Chooses the samples of each update. */
export interface Sampler {
  /** Before a draw: `true` where it has left samples out instead, so that there may be no next update. */
  prepare?(): Promise<boolean>;
  /** What the next update is to be made of: `size` samples where the method does not say otherwise. It trains nothing. */
  draw(size: number): Promise<Pick | Resample>;
  /** Tells the source what the next draws, of these sizes, are going to fetch, where that is known before the update. */
  soon?(sizes: readonly number[]): void;
  /** Told afterwards what the update saw. */
  observe?(pick: Pick, result: StepResult): void | Promise<void>;
  /**
   * Told the mean loss of the validation samples, where the user gives any, whenever it is measured: without the user's
   * weights, at the weights that are trained and not at averages of these.
   */
  validated?(loss: number): void;
  /** Where it stands now: why it is on or off, and what else is measured. */
  explain?(): Standing;
  /** Everything a later draw depends on. */
  state(): State;
  restore(state: State): void;
  /** Lets go of what it holds beyond the model: connections, processes. Called once, however the run ends. */
  close?(): Promise<void>;
}

/** The samples of one update. */
export interface Pick extends Pool {
  /** Importance weights; all 1 where absent. */
  readonly weights?: Float64Array;
  /** Weights with which the mean loss of the pick estimates that of the data, where `weights` do not. */
  readonly unbiased?: Float64Array;
  /** An estimate of the mean loss of the data, where the pick's own losses give none; regularisation is not part of it. */
  readonly poolLoss?: number;
  /** A factor of the learning rate for this update alone. Default 1. */
  readonly rateFactor?: number;
  /** The part of a step that the update counts as, below 1 where there were too few samples for a whole one. Default 1. */
  readonly share?: number;
  /** What it was chosen from, where it was: the samples that its loss is an estimate of. */
  readonly drawnFrom?: Pool;
  readonly report: SamplerReport;
}

/**
 * A presample that is yet to be scored and drawn from. Whoever trains does so: in one pass with the update where the
 * learner can, in a pass of its own otherwise; see {@link resampled}.
 */
export interface Resample {
  readonly pool: Pool;
  /** Whose scores it is drawn by: the method's own learner, which may be another's with other scores. */
  readonly learner: Learner;
  readonly request: DrawRequest;
  /** Its scores, where they are known already. */
  readonly scores?: Float32Array;
  /** A factor of the learning rate for this update alone. Default 1. */
  readonly rateFactor?: number;
  /** As of a {@link Pick}. */
  readonly share?: number;
  readonly report: SamplerReport;
}

/** What a sampler says of a pick; goes into the step report. */
export interface SamplerReport extends Measured {
  /** Whether the samples were picked by importance or uniformly. */
  readonly phase: 'importance' | 'uniform';
  /** Samples whose scores were capped as likely wrong labels. */
  readonly capped?: Int32Array;
  /** Samples that were scored before this pick in a pass over the data or a part of it. */
  readonly pass?: { readonly samples: number };
  /** Scores of the presample. */
  readonly scores?: ArrayLike<number>;
  /** Set when the method has just switched importance sampling on or off. */
  readonly switched?: Switched;
  /** Further numbers of one method, by name. */
  readonly [name: string]: unknown;
}

/** That importance sampling was switched on or off. */
export interface Switched {
  readonly on: boolean;
  /** Why, in words, */
  readonly why: string;
  /** and in numbers, where the method gives them. */
  readonly reason?: Reason;
}

/** Where a method stands. */
export interface Standing {
  readonly reason: Reason;
  /** What else was measured, a part of a sentence each. */
  readonly details: readonly string[];
}

/** Turns the picked samples into an update of the model. */
export interface Update {
  /**
   * A bounded piece of what the next step needs beforehand, such as a part of a pass over the data; `false` when there
   * is nothing (left) to do. Pieces count as training time; between two of them a run can be stopped, saved or timed.
   */
  prepare?(): Promise<boolean>;
  step(pick: Pick, seed: number): Promise<UpdateResult>;
  /** Draws and updates in one pass, if the learner can and the update is nothing but a step. */
  readonly iterate?: ((pool: Pool, draw: DrawRequest, seed: number) => Promise<IterationResult | Refusal>) | undefined;
  state(): State;
  restore(state: State): void;
}

/** What an update of a method’s own has found out about its batch. */
export interface UpdateResult extends StepResult {
  /** What the update says of itself; goes into the step report. */
  readonly report?: { readonly [name: string]: unknown };
}

/** What can be written to a checkpoint: JSON values and typed arrays. */
export type State =
  | null
  | boolean
  | number
  | string
  | undefined
  | ArrayBufferView
  | readonly State[]
  | { readonly [key: string]: State };

/** One step of the user's optimizer on mean(wᵢ lᵢ) + regularisation. */
export function weightedStep({ learner }: Context): Update {
  return {
    step: (pick, seed) => learner.step(pick.batch, pick.weights, { seed }),
    iterate: learner.iterate && (({ batch }, draw, seed) => learner.iterate!(batch, draw, { seed })),
    state: () => null,
    restore: () => {},
  };
}
