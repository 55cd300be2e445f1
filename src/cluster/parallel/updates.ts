import { fault } from '../../errors.ts';
import type { StepOptions } from '../../learner/learner.ts';
import type { Context, Pick, State, Update, UpdateResult } from '../../methods/method.ts';
import type { Flat } from './flat.ts';
import type { Changes, Meddling } from './meddling.ts';
import { nesterov, type OuterOptions } from './outer.ts';
import type { Shard } from './shard.ts';

interface Met {
  readonly values: Float32Array;
  readonly rate: number;
  readonly parameters: Float32Array | null;
  readonly changes: Changes | null;
}

/** What the update of a member needs of its team. */
export interface Meeting {
  readonly shard: Shard;
  readonly flat: Flat;
  readonly meddling: Meddling;
  readonly rank: number;
  /** Whether this member leads. */
  readonly leads: boolean;
  /**
   * One round: every member's values, a mean over so many samples; what came of them, for all.
   * @param changes of whoever leads where something has changed its model: the values are its weights then, for all to go on from.
   * @param finish what whoever leads makes of the mean, and its parameters where all are to have them.
   */
  meet(round: {
    readonly samples: number;
    readonly values: Float32Array;
    readonly rate: number;
    readonly parameters?: Float32Array;
    readonly changes?: Changes;
    readonly finish?: (mean: Float32Array) => Float32Array;
  }): Promise<Met>;
  /** What goes into the report of a step. */
  report(): { readonly members: number; readonly traffic: number; readonly done: number };
}

/** Rounds from one to the next in which members get the leader's parameters: other machines may round otherwise. */
const alignEvery = 1_000;

/**
 * K = 1: every step is one of the optimizer with the gradient of all members' samples, as one process would make it with the
 * large batch.
 */
export function gradientUpdate(meeting: Meeting, { learner }: Context): Update {
  const { flat, shard, meddling } = meeting;
  let rounds = 0;
  /** The samples of the step for the gradient at the weights of now, and what all have made of it. */
  const gradient = async (pick: Pick, seed: number) => {
    const options = { ...ownSeed(seed, meeting), track: true };
    const { gradient, ...result } = await learner.gradient(pick.batch, pick.weights, options);
    const aligns = meeting.leads && ++rounds % alignEvery === 0;
    const met = await meeting.meet({
      samples: shard.block.counts,
      values: flat.join(gradient),
      rate: learner.learningRate(),
      parameters: aligns ? flat.join(await learner.parameters()).slice(0, flat.parameters) : undefined,
    });
    return { met, result };
  };
  /** What a callback has done to the model that leads is done to all, before the step. */
  const pass = async () => {
    const { changes } = meddling;
    const values = flat.join(await learner.parameters());
    await meeting.meet({ samples: shard.block.counts, values, rate: learner.learningRate(), changes });
  };
  return {
    async step(pick, seed): Promise<UpdateResult> {
      checkRate(pick);
      if (meeting.leads) {
        const { found } = meddling;
        if (shard.size > 1) meddling.checkSlots();
        if (found && shard.size > 1) await pass();
      }
      let { met, result } = await gradient(pick, seed);
      while (met.changes !== null) {
        await adopt(meeting, learner, met);
        ({ met, result } = await gradient(pick, seed));
      }
      const { values, rate, parameters } = met;
      if (rate !== learner.learningRate()) learner.setLearningRate(rate);
      if (parameters && !meeting.leads) await learner.assign(flat.split(parameters));
      await learner.apply(flat.split(values));
      flat.setStatistics(values);
      meddling.forget();
      return { ...result, report: meeting.report() };
    },
    state: () => null,
    restore: () => {},
  };
}

/** Goes on from the weights that all have, and from what whoever leads has made of its model. */
async function adopt(
  { flat, meddling }: Meeting,
  learner: Context['learner'],
  { values, changes }: Met,
): Promise<void> {
  if (changes) meddling.changes = changes;
  await learner.assign(flat.split(values));
  flat.setStatistics(values);
}

/** K > 1: members step on their own, and every K steps all go on from what is made of their parameters. */
export class LocalUpdate implements Update {
  private since = 0;
  private samples = 0;
  /** Of the outer momentum. */
  private before: Float32Array | undefined;
  private velocity: Float32Array | undefined;
  /** Whether a callback has changed the model that leads since the last round. */
  private meddled = false;
  readonly iterate: Update['iterate'];

  constructor(
    private readonly meeting: Meeting,
    private readonly context: Context,
    private readonly every: number,
    private readonly outer: OuterOptions,
  ) {
    const { learner } = context;
    this.iterate =
      learner.iterate &&
      (async ({ batch }, draw, seed) => {
        await this.begin();
        const result = await learner.iterate!(batch, draw, ownSeed(seed, meeting));
        return 'why' in result ? result : { ...result, ...(await this.stepped()) };
      });
  }

  async step(pick: Pick, seed: number): Promise<UpdateResult> {
    checkRate(pick);
    await this.begin();
    const result = await this.context.learner.step(pick.batch, pick.weights, ownSeed(seed, this.meeting));
    return { ...result, ...(await this.stepped()) };
  }

  private async begin(): Promise<void> {
    if (this.meeting.leads && this.meeting.meddling.found) this.meddled = true;
    if (this.outer === 'average' || this.before || !this.meeting.leads) return;
    const { flat } = this.meeting;
    this.before = flat.join(await this.context.learner.parameters()).slice(0, flat.parameters);
    this.velocity = new Float32Array(flat.parameters);
  }

  private async stepped(): Promise<Partial<UpdateResult>> {
    const { meeting, every } = this;
    const { shard } = meeting;
    this.since++;
    this.samples += shard.block.counts;
    meeting.meddling.forget();
    if (this.since >= every || shard.block.total >= shard.left) await this.round();
    else shard.advance();
    return { report: meeting.report() };
  }

  private async round(): Promise<void> {
    const { meeting, context, outer } = this;
    const { learner } = context;
    const { flat } = meeting;
    const own = flat.join(await learner.parameters());
    const { meddled } = this;
    const met = await meeting.meet({
      samples: this.samples,
      values: own,
      rate: learner.learningRate(),
      changes: meddled ? meeting.meddling.changes : undefined,
      finish: (mean) => {
        if (outer === 'average') return mean;
        if (meddled) this.before = own.slice(0, flat.parameters);
        if (meddled) return mean;
        const after = nesterov(this.before!, mean.subarray(0, flat.parameters), this.velocity!, outer);
        this.before = after;
        const all = mean.slice();
        all.set(after);
        return all;
      },
    });
    this.since = 0;
    this.samples = 0;
    this.meddled = false;
    if (met.rate !== learner.learningRate()) learner.setLearningRate(met.rate);
    if (met.values === own) return;
    await adopt(meeting, learner, met);
    meeting.meddling.forget();
  }

  state(): State {
    const { since, samples, before = null, velocity = null } = this;
    return { since, samples, before, velocity };
  }

  restore(state: State): void {
    const { since, samples, before, velocity } = state as unknown as LocalState;
    for (const values of [before, velocity]) {
      if (values !== null && values.length !== this.meeting.flat.parameters) {
        throw fault({ wrong: 'a momentum of another model', got: `${values.length} numbers` });
      }
    }
    this.since = since;
    this.samples = samples;
    this.before = before ?? undefined;
    this.velocity = velocity ?? undefined;
  }
}

interface LocalState {
  readonly since: number;
  readonly samples: number;
  readonly before: Float32Array | null;
  readonly velocity: Float32Array | null;
}

/** No two members drop out the same units. */
function ownSeed(seed: number, { rank }: Meeting): StepOptions {
  return { seed: (seed + rank * 0x9e3779b1) % 2 ** 31 };
}

function checkRate({ rateFactor }: Pick): void {
  if (rateFactor === undefined || rateFactor === 1) return;
  throw fault({
    wrong: 'a method that sets the learning rate of a step cannot be trained by several processes',
    got: `a factor of ${rateFactor}`,
    mend: 'leave out its rate option',
  });
}
