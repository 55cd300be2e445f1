import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { ScoreKind, StepResult } from '../learner/learner.ts';
import { compiledModel, lossNames } from '../learner/model.ts';
import type { Context, Method, Pick, Sampler, State, Switched } from '../methods/method.ts';
import { needsLength } from '../methods/needs.ts';
import { essOfDrawn } from '../methods/pass.ts';
import { type Checks, checkedOptions, choice, integer, range, share, text, wordOr } from '../options.ts';
import { Random } from '../sampling/random.ts';
import { Exchange } from './exchange.ts';
import {
  describeData,
  describeLossWeights,
  describeWeights,
  encodeDescription,
  encodePublished,
  probe,
  type RunDescription,
} from './fingerprint.ts';
import { KnownScores, type KnownState } from './known-scores.ts';
import { type LocalWorkers, startWorkers } from './local-workers.ts';
import { MeasuredSwitch } from './measured-switch.ts';
import { Ranges } from './ranges.ts';
import { checkUrl } from './redis-client.ts';
import { prefixOf, RedisStore } from './redis-store.ts';
import { startServer } from './server.ts';
import type { Store } from './store.ts';

export interface DistributedImportanceOptions {
  /** Name in tables and curves. */
  name?: string;
  /**
   * Address of a server of the Redis protocol: `redis://`, or `rediss://` for TLS, with user and password. Default: what
   * `UNEQUAL_REDIS` says; otherwise a `redis-server` is started for the run and ended with it.
   */
  url?: string;
  /** Name of the run on the server: letters, digits, `.`, `_`, `-`. Default `'default'`. */
  run?: string;
  /** What workers compute of each sample. Default `'upper-bound'`. */
  score?: Exclude<ScoreKind, 'uniform'>;
  /** c: what is added to every score, in mean scores. No weight is above (1 + c) / c. Default 0.5. */
  smoothing?: number;
  /** Steps after which a score counts as unknown. Default: those of two epochs. */
  staleAfter?: number;
  /** Share of the samples that must have fresh scores before any are drawn by them. Default 0.5. */
  enough?: number;
  /**
   * When samples are drawn by their scores. A number: by how much the variance of the gradient must shrink at least, N Σp², 1
   * for scores that are all alike (the paper's τ). `'measured'`: by this project's own decision, as `importance()` does.
   * Default 1.1.
   */
  start?: number | 'measured';
  /** Samples of a range: the piece of work of a worker. Default 512. */
  range?: number;
  /** Steps from one publication of the parameters to the next, at least. Default 10. */
  publishEvery?: number;
  /** For workers that have no model of their own, such as `unequal worker`: the model that is trained, or what gives it. */
  model?: tf.LayersModel | (() => tf.LayersModel);
  /** Starts scoring workers on this machine, for as long as the run: Node programs that call `scoringWorker`. */
  workers?: LocalWorkers;
}

const anything = () => {};
const checks: Checks<DistributedImportanceOptions> = {
  name: text,
  url: (_, value) => void checkUrl(value),
  run: (_, value) => void prefixOf(value as string),
  score: choice('upper-bound', 'loss', 'gradient-norm'),
  smoothing: range(0),
  staleAfter: integer(1),
  enough: share,
  start: wordOr('measured', range(1)),
  range: integer(1),
  publishEvery: integer(1),
  model: anything,
  workers: anything,
};

/**
 * Importance sampling by the scores of other processes: workers score the whole data again and again with parameters that
 * are a little old, and the master draws from all samples, with p ∝ score + c × mean score, weights 1 / (N p). The weights
 * are those of the probabilities drawn with, so the gradient is unbiased however stale the scores are. Scores older than
 * `staleAfter` steps count as unknown, and unknown samples as average ones. Samples are drawn uniformly until `enough` are
 * known and drawing by them cuts the variance by `start`.
 *
 * Where the store is slow, stalls or dies, training goes on with the scores it has, and uniformly when these are old.
 *
 * References: Alain, Lamb, Sankar, Courville & Bengio, Variance Reduction in SGD by Distributed Importance Sampling, 2015
 * (USGD and ISGD, staleness, additive smoothing); Katharopoulos & Fleuret 2018 (the upper bound, τ).
 *
 * @example
 * ```ts
 * const method = distributedImportance({ run: 'mine', workers: { count: 2, file: './score.mjs' } });
 * await fit(model, samples, { epochs: 20, method });
 * ```
 */
export function distributedImportance(options: DistributedImportanceOptions = {}): Method {
  options = checkedOptions('distributedImportance', options, checks);
  const { run = 'default', workers } = options;
  return distributed(options, async () => {
    const url = options.url ?? process.env.UNEQUAL_REDIS;
    const server = url === undefined ? await startServer() : undefined;
    try {
      const address = url ?? server!.url;
      const store = await RedisStore.open({ url: address, run });
      const children = workers && startWorkers(workers, { url: address, run });
      const close = async () => {
        await children?.stop();
        await server?.stop();
      };
      return { store, close };
    } catch (error) {
      await server?.stop();
      throw error;
    }
  });
}

/** What a run of the method shares with its workers, and what ends it. */
export interface Opened {
  readonly store: Store;
  close(): Promise<void>;
}

/** The method over any store. */
export function distributed(options: DistributedImportanceOptions, open: () => Promise<Opened>): Method {
  const { name = 'distributedImportance', run = 'default', score = 'upper-bound', smoothing = 0.5 } = options;
  const { staleAfter = null, enough = 0.5, start = 1.1, range: size = 512, publishEvery = 10, model } = options;
  if (smoothing === 0) {
    // A score that was zero once would never be trained on again, and its weight has no bound.
    throw fault({ wrong: 'bad smoothing of distributedImportance', got: 0, expected: 'a number > 0, such as 0.5' });
  }
  const settings = { run, score, smoothing, staleAfter, enough, start, range: size, publishEvery };
  return {
    name,
    options: settings,
    check: (plan) => needsLength(name, plan),
    sampler: (context) => new DistributedSampler({ ...settings, model, open }, context),
  };
}

interface Settings {
  readonly score: ScoreKind;
  readonly smoothing: number;
  readonly staleAfter: number | null;
  readonly enough: number;
  readonly start: number | 'measured';
  readonly range: number;
  readonly publishEvery: number;
  readonly model?: tf.LayersModel | (() => tf.LayersModel);
  readonly open: () => Promise<Opened>;
}

/** Steps from one look at τ to the next: it goes over all samples. */
const lookEvery = 20;

class DistributedSampler implements Sampler {
  private readonly ranges: Ranges;
  private readonly limit: number;
  private known: KnownScores;
  private random: Random;
  private step = 0;
  private on = false;
  private tau = 1;
  private resumed = false;
  private readonly measured: MeasuredSwitch | undefined;
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
    const { smoothing, score, start } = settings;
    if (start !== 'measured') return;
    // What a training pass tells is what is measured by.
    if (score === 'gradient-norm') context.learner.requireScore('upper-bound');
    this.measured = new MeasuredSwitch(context, smoothing / (1 + smoothing));
  }

  async draw(size: number): Promise<Pick> {
    const { context, known, step, settings } = this;
    this.exchange ??= await this.begin();
    for (const { range, version, scores } of await this.exchange.meet(step, () => this.pack())) {
      known.store(range, version, scores);
    }
    known.expire(step);
    const switched = this.decide();
    const told = {
      tau: this.tau,
      ...(settings.start === 'measured' ? this.measured!.report() : { threshold: settings.start }),
      fresh: known.fresh,
      refused: this.exchange.refused,
      switched,
    };
    if (!this.on) {
      const pool = await context.source.next(size);
      return { ...pool, report: { phase: 'uniform', ...told } };
    }
    const { indices, p } = known.draw(size, settings.smoothing, this.random);
    const n = this.ranges.length;
    return {
      batch: await context.source.at(indices),
      indices,
      weights: p.map((one) => 1 / (n * one)),
      report: { phase: 'importance', ess: essOfDrawn(p, n), staleness: known.staleness(indices, step), ...told },
    };
  }

  private async begin(): Promise<Exchange> {
    const { settings, ranges } = this;
    const meta = encodeDescription(await this.describe());
    this.opened = await settings.open();
    const { publishEvery } = settings;
    const exchange = new Exchange(this.opened.store, { ranges, publishEvery, takeOver: this.resumed, meta });
    await exchange.open();
    return exchange;
  }

  private async describe(): Promise<RunDescription> {
    const { settings, context } = this;
    const { learner, source } = context;
    const { score, range } = settings;
    const model = typeof settings.model === 'function' ? settings.model() : settings.model;
    const loss = model === undefined ? null : lossNames(compiledModel(model));
    if (loss?.some((name) => name === undefined)) {
      throw fault({
        wrong: 'the loss of the model has no name, so that workers cannot make it',
        mend: 'leave model out, and let workers be programs that call scoringWorker with a model of their own',
      });
    }
    return {
      samples: source.length!,
      range,
      score,
      weights: describeWeights(await learner.state()),
      data: await describeData(source),
      lossWeights: await describeLossWeights(source),
      topology: model === undefined ? null : JSON.stringify(model.toJSON(null, false)),
      loss: loss as string[] | null,
    };
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

  /** The switch, both ways. */
  private decide(): Switched | undefined {
    const { known, settings, step } = this;
    const enough = known.fresh >= settings.enough * (this.on ? 0.8 : 1);
    if (step % lookEvery === 0 || (enough && !this.on && this.tau === 1)) {
      this.tau = known.fresh > 0 ? known.tau(settings.smoothing) : 1;
    }
    const turned = this.measured?.turn();
    const wanted = this.measured ? this.measured.on : this.tau >= (settings.start as number);
    const on = enough && wanted;
    if (on === this.on) return undefined;
    this.on = on;
    return turned?.on === on ? turned : { on, why: this.why() };
  }

  private why(): string {
    const { fresh } = this.known;
    const percent = (part: number) => `${Math.round(100 * part)} %`;
    const { enough, start } = this.settings;
    const known = `${percent(fresh)} of the scores are fresh (needed: ${percent(enough)})`;
    if (start === 'measured') return known;
    return `${known}, and drawing by them divides the variance by ${this.tau.toFixed(2)} (needed: ${start})`;
  }

  async observe(pick: Pick, result: StepResult): Promise<void> {
    const { indices } = pick;
    const { losses, scores } = result;
    const { score } = this.settings;
    if (this.measured) {
      const drawnBy = this.known.priorities(indices);
      await this.measured.observe(pick, result, (score === 'loss' ? losses : scores) ?? losses, drawnBy, this.step);
    }
    if (score === 'loss') this.known.refresh(indices, losses);
    else if (score === 'upper-bound' && scores) this.known.refresh(indices, scores);
    this.step++;
  }

  state(): State {
    const { known, random, step, on, tau } = this;
    const measured = this.measured?.state() ?? null;
    return { known: known.state(), random: random.state(), step, on, tau, measured };
  }

  restore(state: State): void {
    const saved = state as unknown as Saved;
    this.known = new KnownScores(this.ranges, this.limit, saved.known);
    this.random = Random.from(saved.random);
    this.step = saved.step;
    this.on = saved.on;
    this.tau = saved.tau;
    this.measured?.restore(saved.measured);
    this.resumed = true;
  }

  async close(): Promise<void> {
    await this.exchange?.close();
    if (!this.exchange) await this.opened?.store.close();
    await this.opened?.close();
  }
}

interface Saved {
  readonly known: KnownState;
  readonly random: number[];
  readonly step: number;
  readonly on: boolean;
  readonly tau: number;
  readonly measured: State;
}
