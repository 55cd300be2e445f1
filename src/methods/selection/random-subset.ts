import { type Checks, checkedOptions, share as shareCheck, text, trueOrFalse } from '../../options.ts';
import { Random } from '../../sampling/random.ts';
import { Shuffle, type ShuffleState } from '../../sampling/shuffle.ts';
import type { Context, Method, Pick, Sampler, Schedule, State } from '../method.ts';
import { needsLength } from '../needs.ts';
import { cosineDecay, scheduling } from '../schedule.ts';

export interface RandomSubsetOptions {
  /** Name in tables and curves. */
  name?: string;
  /** r: size of a round's subset as a share of the data. Default 0.1. */
  share?: number;
  /**
   * Whether each round's subset is drawn from all samples (`true`), or the rounds go on through one order of the data,
   * each sample once before any comes again (`false`, the better of the two in the paper). Default `false`.
   */
  replacement?: boolean;
  /** Learning rate over the run. Default half a cosine, as in the paper. */
  schedule?: Schedule;
}

export const randomSubsetChecks: Checks<RandomSubsetOptions> = {
  name: text,
  share: shareCheck,
  replacement: trueOrFalse,
  schedule: scheduling,
};

/**
 * RS2, repeated sampling of random subsets: every round trains on a new random share of the data, with the learning rate
 * decayed to the shortened budget. No scores; unbiased. The baseline that data pruning has to beat.
 *
 * The budget is the caller's: give `fit` r times the epochs, or seconds. Keeps 4 bytes a sample with replacement,
 * nothing without.
 *
 * References: Okanovic et al., Repeated Random Sampling for Minimizing the Time-to-Accuracy of Learning, ICLR 2024
 * (arXiv:2305.18424), section 3.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: randomSubset() });
 * ```
 */
export function randomSubset(options: RandomSubsetOptions = {}): Method {
  options = checkedOptions('randomSubset', options, randomSubsetChecks);
  const { name = 'randomSubset', share = 0.1, replacement = false, schedule = cosineDecay() } = options;
  return {
    name,
    options: { share, replacement },
    schedule,
    check: (plan) => needsLength(name, plan),
    sampler: (context) => new RandomSubsetSampler(share, replacement, context),
  };
}

class RandomSubsetSampler implements Sampler {
  /** Samples of one round. */
  private readonly size: number;
  private random: Random;
  private order: Shuffle | undefined;
  private round = 0;
  /** Samples of this round given so far. */
  private given = 0;

  constructor(
    share: number,
    replacement: boolean,
    private readonly context: Context,
  ) {
    this.size = Math.max(1, Math.round(share * context.length!));
    this.random = context.random;
    if (replacement) this.order = new Shuffle(context.length!, this.random.split());
  }

  async draw(size: number): Promise<Pick> {
    const { source, length } = this.context;
    if (this.given === this.size) {
      this.given = 0;
      this.round++;
      // The head of a new order of all samples is a random subset.
      if (this.order) this.order = new Shuffle(length!, this.random.split());
    }
    // A round ends with what is left of it, as an epoch does.
    const count = Math.min(size, this.size - this.given);
    this.given += count;
    const report = { phase: 'uniform' as const, round: this.round };
    if (this.order === undefined) return { ...(await source.next(count)), report };
    const indices = this.order.next(count);
    return { batch: await source.at(indices), indices, report };
  }

  soon([size]: readonly number[]): void {
    const { given, order } = this;
    const { source } = this.context;
    const count = Math.min(size, given === this.size ? this.size : this.size - given);
    if (order === undefined) source.soon?.([count]);
    // A new round has an order that is yet to be made.
    else if (given < this.size) source.soonAt?.(order.peek(count));
  }

  state(): State {
    const order = this.order?.state();
    return { random: this.random.state(), order, round: this.round, given: this.given };
  }

  restore(state: State): void {
    const saved = state as unknown as { random: number[]; order?: ShuffleState; round: number; given: number };
    this.random = Random.from(saved.random);
    this.order = saved.order && Shuffle.from(saved.order);
    this.round = saved.round;
    this.given = saved.given;
  }
}
