import { fault, ofNoSample, UnequalError } from '../../errors.ts';
import { decode, encode } from '../../fit/codec.ts';
import { isObject } from '../../fit/same-shape.ts';
import type { PlacedSource, ShuffledSource } from '../../fit/source.ts';
import type { Team, TeamPlan } from '../../fit/team.ts';
import type { Learner } from '../../learner/learner.ts';
import type { Context, Method, State } from '../../methods/method.ts';
import { average } from './average.ts';
import { Flat } from './flat.ts';
import { Follower } from './follower.ts';
import { Leader, type LeaderOptions } from './leader.ts';
import { leadsOrFollows } from './leads-or-follows.ts';
import { Meddling } from './meddling.ts';
import type { OuterOptions } from './outer.ts';
import type { Rounds } from './rounds.ts';
import { Shard } from './shard.ts';
import { ShardedSource } from './sharded-source.ts';
import type { Traffic } from './traffic.ts';
import { gradientUpdate, LocalUpdate, type Meeting } from './updates.ts';

export interface TeamOptions extends LeaderOptions {
  /** K: steps from one round to the next. */
  readonly every: number;
  readonly outer: OuterOptions;
  /** How many others are to be there before the first step. */
  readonly workers: number;
  readonly join?: boolean;
  readonly onMember?: (report: ReturnType<Meeting['report']>) => void;
}

/** What the server says before the first step, such as that it is full, ends the run: nobody else could join it. */
async function usable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof UnequalError) throw cause;
    const mend = 'see that it runs, that it has memory left, and that its user may write';
    throw fault({ wrong: 'the server of the run cannot be used', got: (cause as Error).message, mend, cause });
  }
}

/** One process in a run of several, over any store. */
export class ClusterTeam implements Team, Meeting {
  readonly shard: Shard;
  readonly flat: Flat;
  readonly meddling: Meddling;
  private readonly leader: Leader | undefined;
  private readonly follower: Follower | undefined;
  private reported = 0;
  private placed: ShardedSource | undefined;
  private learner: Learner | undefined;
  private failed: string | null = null;

  private constructor(
    private readonly store: Rounds,
    private readonly options: TeamOptions,
    plan: TeamPlan,
    private readonly traffic: Traffic,
    leader: Leader | undefined,
  ) {
    this.shard = new Shard(plan.length, plan.batchSize);
    this.flat = new Flat(plan.model);
    this.meddling = new Meddling(plan.model);
    this.leader = leader;
    this.follower = leader ? undefined : new Follower(store, options, traffic);
  }

  /** @param join whether to follow whatever is: who does not leads where nobody else does. */
  static async open(store: Rounds, plan: TeamPlan, options: TeamOptions, join: boolean): Promise<ClusterTeam> {
    const traffic: Traffic = { sent: 0, received: 0 };
    const leader = new Leader(store, options, traffic);
    // One that goes on with a run joins it where that is led already.
    const leads = !join && (await usable(leadsOrFollows(store, leader, options)));
    return new ClusterTeam(store, { ...options, join }, plan, traffic, leads ? leader : undefined);
  }

  get leads(): boolean {
    return this.leader !== undefined;
  }

  get rule(): State {
    const { every, outer } = this.options;
    return { every, outer: typeof outer === 'string' ? outer : { ...outer } };
  }

  get standing(): 'in' | 'out' | 'ended' {
    return this.follower?.standing ?? 'in';
  }

  get rank(): number {
    return this.shard.rank;
  }

  get seed(): number {
    return Number.parseInt((this.leader ?? this.follower)!.id.slice(0, 7), 16);
  }

  get epoch() {
    const { shard } = this;
    return {
      get steps() {
        return shard.steps;
      },
      begin: () => shard.begin(),
      size: () => (shard.left === 0 ? 0 : shard.block.mine),
    };
  }

  method(method: Method): Method {
    const { every, outer } = this.options;
    return {
      ...method,
      update: (context: Context) => {
        this.learner = context.learner;
        return every === 1 ? gradientUpdate(this, context) : new LocalUpdate(this, context, every, outer);
      },
    };
  }

  source(source: ShuffledSource): PlacedSource {
    this.placed = new ShardedSource(source, this.shard);
    return this.placed;
  }

  async begin(identity: State): Promise<void> {
    await usable(this.leader!.begin(encode(identity), this.options.workers));
    this.place(this.leader!.members);
  }

  admit(state: () => Promise<State>): Promise<void> {
    return this.leader?.admit(state, () => this.meddling.changes) ?? Promise.resolve();
  }

  async enter(check: (identity: State) => void): Promise<State | undefined> {
    const found = await this.follower!.enter(check);
    if (found === undefined) return undefined;
    this.place(found.members);
    this.meddling.changes = found.changes;
    return found.state;
  }

  async meet(given: Parameters<Meeting['meet']>[0]) {
    try {
      return await this.round(given);
    } catch (error) {
      throw ofNoSample(error);
    }
  }

  private async round({ samples, values, rate, parameters, changes, finish }: Parameters<Meeting['meet']>[0]) {
    const { leader, follower, shard, flat } = this;
    // With K = 1, a step from other weights is made again.
    const again = (found: object | null | undefined): boolean => this.options.every === 1 && (found ?? null) !== null;
    const was = shard.size;
    if (leader) {
      // The step is done, whoever is there for the next.
      if (!again(changes)) shard.advance();
      const parts = await leader.gather(values.length);
      // Alone, the mean is what it was. What others have made of other weights counts for nothing.
      const mean = parts.length === 0 || changes ? values : average([{ samples, values }, ...parts]);
      const conclusion = {
        values: finish?.(mean) ?? mean,
        ...{ rate, parameters: parameters ?? null, changes: changes ?? null, again: again(changes) },
      };
      await leader.conclude(conclusion, () => this.placed!.state(), was);
      this.place(leader.members);
      return conclusion;
    }
    const outcome = await follower!.exchange(samples, values, flat.parameters);
    if (!again(outcome.changes)) shard.advance();
    if (outcome.source !== null) await this.placed!.restore(outcome.source);
    this.place(outcome.members);
    return outcome;
  }

  private place(members: readonly string[]): void {
    this.shard.rank = this.leader ? 0 : members.indexOf(this.follower!.id);
    this.shard.size = members.length;
  }

  report() {
    const { sent, received } = this.traffic;
    const traffic = sent + received - this.reported;
    this.reported = sent + received;
    const report = { members: this.shard.size, traffic, done: this.shard.done };
    this.options.onMember?.(report);
    return report;
  }

  async finish(learner: Learner): Promise<void> {
    const bytes = await this.follower!.last();
    const last = bytes && decode(bytes, 'the end of the run');
    if (!isObject(last)) return;
    if (typeof last.failed === 'string') {
      throw fault({ wrong: 'the run has failed where it is led', got: last.failed });
    }
    const { values } = last;
    if (!(values instanceof Float32Array) || values.length !== this.flat.length || !values.every(Number.isFinite)) {
      throw fault({ wrong: 'bad message: the end of the run', got: 'other numbers than the model has' });
    }
    await learner.assign(this.flat.split(values));
    this.flat.setStatistics(values);
  }

  fail(error: unknown): void {
    this.failed = String((error as Error)?.message ?? error).slice(0, 1_000);
  }

  async close(): Promise<void> {
    const { leader, follower, flat, learner, failed } = this;
    await follower?.close();
    if (leader) {
      const values = learner && failed === null ? flat.join(await learner.parameters()) : null;
      await leader.end(encode({ values, failed }));
    }
    await this.store.close();
  }
}
