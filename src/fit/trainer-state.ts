import type { CostsState } from '../decision/index.ts';
import { fault, UnequalError } from '../errors.ts';
import type { Learner, LearnerState } from '../learner/learner.ts';
import type { Pick, Sampler, State, Update } from '../methods/method.ts';
import { Random } from '../sampling/random.ts';
import type { BalanceState } from './balance.ts';
import type { Clock } from './clock.ts';
import { checkLearnerState } from './learner-state.ts';
import { checkCount, checkFiniteNumber, checkSameShape, checkTakenBack, isObject } from './same-shape.ts';
import { ScheduledRate, type ScheduledRateState } from './scheduled-rate.ts';
import type { PlacedSource } from './source.ts';
import type { StepCosts } from './step-costs.ts';

interface Parts {
  readonly learner: Learner;
  readonly source: PlacedSource;
  readonly clock: Clock;
  readonly measured: StepCosts;
  readonly sampler: Sampler;
  readonly update: Update;
  readonly length?: number;
  /** Shapes of the trainable parameters, to check what is restored. */
  readonly parameterShapes?: readonly (readonly number[])[];
}

/** All that a later step of a trainer depends on. It is taken back whole or not at all. */
export class TrainerState {
  steps = 0;
  samples = 0;
  /** Samples that uniform training, at its own learning rate, would have needed beyond these for as much progress. */
  samplesGained = 0;
  readonly rate: ScheduledRate;
  /** Whether it is one that was saved. */
  private resumed = false;

  /** @param seeds give each step the seed of its own random numbers. */
  constructor(
    public seeds: Random,
    private readonly parts: Parts,
  ) {
    this.rate = new ScheduledRate(parts.learner);
  }

  /** Counts a step. */
  add({ batch, rateFactor = 1 }: Pick): void {
    this.steps++;
    this.samples += batch.size;
    this.samplesGained += batch.size * (rateFactor - 1);
  }

  async save(): Promise<State> {
    const { learner, source, clock, measured, sampler, update } = this.parts;
    return {
      steps: this.steps,
      samples: this.samples,
      samplesGained: this.samplesGained,
      seconds: clock.seconds,
      seeds: this.seeds.state(),
      rate: { ...this.rate.state() },
      costs: measured.costs.state(),
      balance: measured.balance.state(),
      counters: { ...learner.counters },
      source: source.state(),
      sampler: sampler.state(),
      update: update.state(),
      learner: (await learner.state()) as unknown as State,
    };
  }

  /**
   * @param rest what is taken back after it.
   * @throws UnequalError if it is no state of such a run, or the rest fails; all is then as it was.
   */
  async restore(state: State, rest?: () => Promise<void>): Promise<void> {
    const { slots = [] } = (isObject(state) && isObject(state.learner) ? state.learner : {}) as { slots?: unknown[] };
    const dropSlots = slots.length > 0 ? this.parts.learner.makeSlots?.() : undefined;
    const before = await this.save();
    try {
      this.check(state, before);
      await this.take(state as unknown as Saved);
      const { learner: _, ...taken } = (await this.save()) as { [part: string]: State };
      for (const [part, value] of Object.entries(taken)) {
        checkTakenBack((state as { [part: string]: State })[part], value, part);
      }
      await rest?.();
      this.resumed = true;
    } catch (cause) {
      await this.take(before as unknown as Saved);
      dropSlots?.();
      if (cause instanceof UnequalError) throw cause;
      throw fault({ wrong: 'no state of such a run', got: (cause as Error).message, cause });
    }
  }

  /** Takes its own state back where the learner has lost the one it had. Time that has passed has passed. */
  async goBack(state: State): Promise<void> {
    const { clock } = this.parts;
    const { seconds } = clock;
    await this.take(state as unknown as Saved);
    clock.seconds = seconds;
  }

  /** What is to be told of an error in a step: after a restore it may be of what was saved. */
  explain(error: unknown): unknown {
    if (!this.resumed || error instanceof UnequalError) return error;
    return fault({
      wrong: 'training cannot go on from what was saved',
      got: (error as Error).message,
      mend: 'resume from another checkpoint, or begin anew',
      cause: error,
    });
  }

  /** @throws UnequalError naming what cannot be the state of such a run. */
  private check(state: State, fresh: State): void {
    const { length, parameterShapes } = this.parts;
    if (!isObject(state)) throw fault({ wrong: 'no state of a run', got: state });
    const { learner, ...rest } = state;
    const { learner: now, ...like } = fresh as unknown as Saved;
    checkSameShape(rest, like, 'state');
    for (const part of ['steps', 'samples'] as const) checkCount(state[part], part);
    for (const part of ['samplesGained', 'seconds'] as const) checkFiniteNumber(state[part], part);
    const rate = (isObject(state.rate) ? state.rate : {}) as { [part: string]: State };
    for (const part of ['first', 'base', 'factor']) checkFiniteNumber(rate[part], `rate.${part}`);
    const { forward, backward } = (isObject(state.counters) ? state.counters : {}) as { [part: string]: State };
    checkCount(forward, 'counters.forward');
    checkCount(backward, 'counters.backward');
    if (length !== undefined) checkOrders(rest, length);
    if (parameterShapes !== undefined) {
      checkLearnerState(learner, now, parameterShapes);
      checkParameters(state.update, parameterShapes);
    }
  }

  private async take(saved: Saved): Promise<void> {
    const { learner, source, clock, measured, sampler, update } = this.parts;
    await learner.restore(saved.learner);
    await source.restore(saved.source);
    sampler.restore(saved.sampler);
    update.restore(saved.update);
    measured.costs.restore(saved.costs);
    measured.balance.restore(saved.balance);
    Object.assign(learner.counters, saved.counters);
    this.seeds = Random.from(saved.seeds);
    this.rate.restore(saved.rate);
    this.steps = saved.steps;
    this.samples = saved.samples;
    this.samplesGained = saved.samplesGained;
    clock.seconds = saved.seconds;
  }
}

/** An order of more samples than there are would take for ever to play again. */
function checkOrders(state: State, length: number): void {
  if (typeof state !== 'object' || state === null || ArrayBuffer.isView(state)) return;
  if (isObject(state) && 'cursor' in state && 'n' in state) checkCount(state.n, 'order of the samples', length);
  for (const part of Object.values(state)) checkOrders(part as State, length);
}

/** What an update keeps of the parameters (anchors, means, past gradients) is of all of them: lists of one array each. */
function checkParameters(state: State, shapes: readonly (readonly number[])[]): void {
  if (typeof state !== 'object' || state === null || ArrayBuffer.isView(state)) return;
  const parts = Object.values(state) as State[];
  if (!Array.isArray(state) || !parts.some(ArrayBuffer.isView)) {
    for (const part of parts) checkParameters(part, shapes);
    return;
  }
  const fits = (part: State, k: number) =>
    (part instanceof Float32Array || part instanceof Float64Array) &&
    part.length === shapes[k].reduce((size, dimension) => size * dimension, 1);
  if (parts.length !== shapes.length || !parts.every(fits)) {
    throw fault({ wrong: 'wrong parameters in the state of the update', got: state, expected: 'those of the model' });
  }
}

interface Saved {
  readonly steps: number;
  readonly samples: number;
  readonly samplesGained: number;
  readonly seconds: number;
  readonly seeds: number[];
  readonly rate: ScheduledRateState;
  readonly costs: CostsState;
  readonly balance: BalanceState;
  readonly counters: { forward: number; backward: number };
  readonly source: State;
  readonly sampler: State;
  readonly update: State;
  readonly learner: LearnerState;
}
