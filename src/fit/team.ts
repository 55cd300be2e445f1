import type { ModelBatch } from '../learner/batch.ts';
import type { Learner } from '../learner/learner.ts';
import type { CompiledModel } from '../learner/model.ts';
import type { Method, State } from '../methods/method.ts';
import type { PlacedSource, ShuffledSource } from './source.ts';

/** Several processes that train one model together, such as `dataParallel` of `unequal/cluster` makes. */
export interface Cluster {
  readonly name: string;
  readonly options: { readonly [option: string]: State };
  open(plan: TeamPlan): Promise<Team>;
  /** Whether an error says that the run ended before this process was in: it is then opened anew. */
  isOver(error: unknown): boolean;
}

export interface TeamPlan {
  readonly model: CompiledModel;
  /** A batch like those to come. */
  readonly example: ModelBatch;
  readonly length: number;
  /** Of one member. */
  readonly batchSize: number;
  readonly method: Method;
  /** Whether the run ends by the clock, of whoever leads it. */
  readonly timed: boolean;
  readonly signal?: AbortSignal;
}

/** The part of one process in a run of several. One leads: its run it is; the others follow. */
export interface Team {
  readonly leads: boolean;
  /** How its members train together: all have to agree in it. */
  readonly rule: State;
  /** Seeds what is this member's own. */
  readonly seed: number;
  /** Whether this process still follows; `'out'`: it may come in again. */
  readonly standing: 'in' | 'out' | 'ended';
  method(method: Method): Method;
  source(source: ShuffledSource): PlacedSource;
  /** The samples of an epoch, as they are for this member. */
  readonly epoch: {
    readonly steps: number;
    begin(): void;
    size(): number;
  };
  /** Whoever leads says what is trained, and waits for those who are to be there. */
  begin(identity: State): Promise<void>;
  /** Gives whoever asks to be let in the state of the run. */
  admit(state: () => Promise<State>): Promise<void>;
  /**
   * Comes in, once the run is at a round: its state.
   * @param check looks at what is trained, and throws if this process trains something else.
   * @returns nothing where the run has ended.
   * @throws what `isOver` knows, where the run has ended before this process was in, which may lead another.
   */
  enter(check: (identity: State) => void): Promise<State | undefined>;
  /** Takes what the run has ended with. */
  finish(learner: Learner): Promise<void>;
  /** Tells the others, at the end, that training has failed here. */
  fail(error: unknown): void;
  close(): Promise<void>;
}
