import type * as tf from '@tensorflow/tfjs';
import type { StepResult } from '../learner/learner.ts';
import type { Context, Pick, Sampler, Standing, State } from '../methods/method.ts';
import { essOfDrawn } from '../methods/pass.ts';
import { Random } from '../sampling/random.ts';
import { describeRun } from './describe-run.ts';
import { Exchange } from './exchange.ts';
import { encodeDescription, encodePublished, probe } from './fingerprint.ts';
import { KnownScores, type KnownState } from './known-scores.ts';
import { Ranges } from './ranges.ts';
import { ScoresSwitch, type SwitchSettings } from './scores-switch.ts';
import type { Store } from './store.ts';

/** What a run of the method shares with its workers, and what ends it. */
export interface Opened {
  readonly store: Store;
  close(): Promise<void>;
}

interface Settings extends SwitchSettings {
  /** Steps; `null` for those of two epochs. */
  readonly staleAfter: number | null;
  /** Samples of a range. */
  readonly range: number;
  readonly publishEvery: number;
  readonly model?: tf.LayersModel | (() => tf.LayersModel);
  readonly open: () => Promise<Opened>;
}

/** Draws from all samples by the scores that workers have computed of them, or uniformly while these are no use. */
export class DistributedSampler implements Sampler {
  private readonly ranges: Ranges;
  private readonly limit: number;
  private readonly switch: ScoresSwitch;
  private known: KnownScores;
  private random: Random;
  private step = 0;
  private resumed = false;
  /** Whether any scores have come. */
  private came = false;
  private opened: Opened | undefined;
  private exchange: Exchange | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly context: Context,
  ) {
    context.learner.requireScore(settings.score);
    this.ranges = new Ranges(context.length!, settings.range);
    this.limit = settings.staleAfter ?? Math.ceil((2 * context.length!) / context.batchSize);
    this.known = new KnownScores(this.ranges, this.limit);
    this.random = context.random;
    this.switch = new ScoresSwitch(settings, context);
  }

  async draw(size: number): Promise<Pick> {
    const { context, known, step } = this;
    this.exchange ??= await this.begin();
    for (const { range, version, scores } of await this.exchange.meet(step, () => this.pack())) {
      known.store(range, version, scores);
      this.came = true;
    }
    known.expire(step);
    const switched = this.switch.turn(known, step);
    const told = { ...this.switch.report(), fresh: known.fresh, refused: this.exchange.refused, switched };
    if (!this.switch.on) {
      const pool = await context.source.next(size);
      return { ...pool, report: { phase: 'uniform', ...told } };
    }
    const { indices, p } = known.draw(size, this.settings.smoothing, this.random);
    const n = this.ranges.length;
    return {
      batch: await context.source.at(indices),
      indices,
      weights: p.map((one) => 1 / (n * one)),
      report: { phase: 'importance', ess: essOfDrawn(p, n), staleness: known.staleness(indices, step), ...told },
    };
  }

  async observe(pick: Pick, result: StepResult): Promise<void> {
    const { known } = this;
    const { score } = this.settings;
    const { losses, scores } = result;
    const measured = this.switch.observe(pick, result, known, this.step);
    if (measured) await measured;
    if (score === 'loss') known.refresh(pick.indices, losses);
    else if (score === 'upper-bound' && scores) known.refresh(pick.indices, scores);
    this.step++;
  }

  explain(): Standing {
    const { known, came, exchange } = this;
    const refused = exchange?.refused ?? 0;
    const details = refused === 0 ? [] : [`${refused} messages in the store were refused`];
    return { reason: this.switch.reason(known, came || known.fresh > 0), details };
  }

  state(): State {
    const { known, random, step } = this;
    return { known: known.state(), random: random.state(), step, ...this.switch.state() };
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    this.known = new KnownScores(this.ranges, this.limit, saved.known);
    this.random = Random.from(saved.random);
    this.step = saved.step;
    this.switch.restore(saved);
    this.resumed = true;
  }

  async close(): Promise<void> {
    await this.exchange?.close();
    if (!this.exchange) await this.opened?.store.close();
    await this.opened?.close();
  }

  private async begin(): Promise<Exchange> {
    const { settings, ranges } = this;
    const meta = encodeDescription(await describeRun(settings, this.context));
    this.opened = await settings.open();
    const { publishEvery } = settings;
    const exchange = new Exchange(this.opened.store, { ranges, publishEvery, takeOver: this.resumed, meta });
    await exchange.open();
    return exchange;
  }

  /** The parameters now, as workers get them. */
  private async pack(): Promise<Uint8Array> {
    const { learner, source } = this.context;
    const { forward, backward } = learner.counters;
    const scores = await probe(learner, source, this.settings.score);
    // Eight samples that no step was made of.
    Object.assign(learner.counters, { forward, backward });
    const weights = (await learner.state()).weights.map(({ data }) => data);
    return encodePublished({ nonce: this.exchange!.nonce, version: this.step, weights, probe: scores });
  }
}

type Saved = ReturnType<ScoresSwitch['state']> & {
  readonly known: KnownState;
  readonly random: number[];
  readonly step: number;
};
