import { randomBytes } from 'node:crypto';
import type * as tf from '@tensorflow/tfjs';
import type { Samples } from '../data/samples.ts';
import { fault } from '../errors.ts';
import type { Engine } from '../fit/options.ts';
import { type Checks, checkedOptions, elsewhere, when } from '../options.ts';
import { encodeChunk } from './chunk.ts';
import { type JoinedRun, joinRun, Refused, takeParameters } from './joined-run.ts';
import { checkUrl } from './redis-client.ts';
import { RedisStore } from './redis-store.ts';
import { prefixOf } from './run-keys.ts';
import type { Lease, Scored, Store } from './store.ts';

export interface ScoringWorkerOptions {
  /** Default: what `UNEQUAL_REDIS` says. */
  readonly url?: string;
  /** Name of the run. Default: what `UNEQUAL_RUN` says, or `'default'`. */
  readonly run?: string;
  readonly engine?: Engine;
  /** Those of the master, where it has any: the losses that are scored are weighted. */
  readonly classWeight?: tf.ModelFitArgs['classWeight'];
  readonly sampleWeight?: ArrayLike<number> | tf.Tensor;
  /** Ends the worker after the ranges it is at: in some 100 ms, or after one range where that takes longer. */
  readonly signal?: AbortSignal;
  /** Told after every range. */
  readonly onRange?: (report: RangeReport) => void;
  /** Told of what goes wrong and does not end the worker; default: `console.warn`. */
  readonly onTrouble?: (words: string) => void;
}

const checks: Checks<ScoringWorkerOptions> = {
  url: (_, value) => void checkUrl(value),
  run: (_, value) => void prefixOf(value as string),
  engine: elsewhere,
  classWeight: elsewhere,
  sampleWeight: elsewhere,
  signal: elsewhere,
  onRange: when((value) => typeof value === 'function', 'a function'),
  onTrouble: when((value) => typeof value === 'function', 'a function'),
};

/** What a worker has scored. */
export interface RangeReport {
  readonly range: number;
  readonly samples: number;
  /** Of the parameters it was scored with. */
  readonly version: number;
  /** Whether the master will look at it: a range that took too long may be another worker's by now. */
  readonly taken: boolean;
}

/** The model of a worker, or what makes it of the description of the run. */
export type WorkerModel = tf.LayersModel | undefined;

/**
 * Scores samples for the master of a run until that ends: takes ranges of them from its queue, scores them by its latest
 * parameters, and gives the scores back. Waits for a master that has not begun, and for a server that is away.
 *
 * @param model the model that is trained, compiled with its loss; without one it is made of what the master says, if that
 * was given its own (`model` of `distributedImportance`).
 * @param samples the data of the master, all of it and in its order.
 * @throws UnequalError if model or data are not those of the master.
 *
 * @example
 * ```ts
 * const { ranges } = await scoringWorker(model, samples, { url: 'redis://127.0.0.1:6379', run: 'mine' });
 * ```
 */
export async function scoringWorker(
  model: WorkerModel,
  samples: Samples,
  options: ScoringWorkerOptions = {},
): Promise<{ ranges: number; samples: number }> {
  options = checkedOptions('scoringWorker', options, checks);
  const { url = process.env.UNEQUAL_REDIS, run = process.env.UNEQUAL_RUN ?? 'default' } = options;
  if (url === undefined) {
    throw fault({ wrong: 'a worker needs the server of its master', expected: 'url, or UNEQUAL_REDIS' });
  }
  const store = await RedisStore.open({ url, run });
  try {
    return await new ScoringWorker(store, model, samples, options).work();
  } finally {
    await store.close();
  }
}

/** Milliseconds of work that is asked for at once, so that little of a worker's time is spent on asking. */
const roundTime = 100;
/** Ranges that are asked for at once, at most. */
const mostRanges = 64;

/** Milliseconds after which parameters are looked at again. */
const long = 20;

/** A worker on any store. */
export class ScoringWorker {
  private readonly name = randomBytes(8).toString('hex');
  private joined: JoinedRun | undefined;
  /** The run that this worker cannot work for, whose master is gone. */
  private left: string | undefined;
  /** Ranges to ask for next. */
  private most = 1;
  private readonly done = { ranges: 0, samples: 0 };
  private readonly told = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly model: WorkerModel,
    private readonly samples: Samples,
    private readonly options: ScoringWorkerOptions,
  ) {}

  async work(): Promise<{ ranges: number; samples: number }> {
    while (!this.options.signal?.aborted) {
      let wait: number;
      try {
        const next = await this.turn();
        if (next === 'ended') break;
        wait = next === 'idle' ? 50 : 0;
      } catch (error) {
        wait = 500;
        const { message } = error as Error;
        const waits = message.startsWith('the Redis server') ? '; this worker waits for it' : '';
        if (!(error instanceof Refused)) this.trouble(`${message}${waits}`);
        // What goes wrong in the store may pass.
        else if (await this.isOver(error).catch(() => false)) throw error.cause;
      }
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    }
    await this.joined?.learner.dispose();
    return this.done;
  }

  /** One range, or as many as take {@link roundTime}, if there are any. */
  async turn(): Promise<'worked' | 'idle' | 'ended'> {
    const { store, model, samples, options } = this;
    const before = this.joined;
    // At once: what a worker waits for is what it does not score in.
    const [found, latest] = await Promise.all([
      store.meta(before?.nonce ?? this.left),
      before ? store.latest(before.version) : undefined,
    ]);
    if (found === undefined) return 'idle';
    if (found.ended) return this.joined === undefined ? 'idle' : 'ended';
    if (found.meta !== undefined) {
      await this.joined?.learner.dispose();
      this.joined = undefined;
      this.most = 1;
      this.joined = await joinRun(found.nonce, found.meta, { model, samples, options });
    }
    const { joined } = this;
    if (joined === undefined) return 'idle';
    await takeParameters(joined, joined === before ? latest : await store.latest(joined.version));
    if (joined.version < 0) return 'idle';
    const asked = performance.now();
    const { leases, refused } = await store.lease(this.name, this.most);
    for (const got of refused) this.trouble(badWork(got, 'range and a whole number').message);
    if (leases.length === 0) return 'idle';
    // Where it had to wait for work, the master has gone on.
    const start = performance.now();
    if (start - asked > long) await takeParameters(joined, await store.latest(joined.version));
    await this.score(leases, joined);
    this.most = mostIn(roundTime, leases.length / (performance.now() - start));
    return 'worked';
  }

  /** @throws what the first range that could not be scored threw; the scores of the others are given all the same. */
  private async score(leases: readonly Lease[], run: JoinedRun): Promise<void> {
    const { ranges, learner, source, description, nonce, version } = run;
    const scored: Scored[] = [];
    const failures: unknown[] = [];
    for (const lease of leases) {
      const { range } = lease;
      try {
        if (range >= ranges.count) throw badWork(`range ${range}`, `one of ${ranges.count} ranges`);
        const scores = await learner.scores(await source.at(ranges.indices(range)), description.score);
        scored.push({ lease, chunk: encodeChunk({ nonce, range, version, scores }) });
      } catch (failure) {
        failures.push(failure);
      }
    }
    const taken = await this.store.commit(nonce, scored);
    for (const [k, { lease }] of scored.entries()) {
      const samples = ranges.sizeOf(lease.range);
      this.done.ranges++;
      this.done.samples += samples;
      this.options.onRange?.({ range: lease.range, samples, version, taken: taken[k] });
    }
    if (failures.length > 0) throw failures[0];
  }

  /**
   * Whether this worker ends for what it was refused for. What a killed master has left describes no run that goes on: its name
   * may be another's in a moment.
   */
  private async isOver({ cause, nonce }: Refused): Promise<boolean> {
    const { store } = this;
    const isThere = await store.isDescriberThere();
    await this.joined?.learner.dispose();
    this.joined = undefined;
    // Meanwhile another run may have begun.
    if ((await store.meta(nonce))?.nonce !== nonce) return false;
    if (isThere) return true;
    this.left = nonce;
    const { run = process.env.UNEQUAL_RUN ?? 'default' } = this.options;
    this.trouble(
      `${cause.message}; the master of that run is gone, another is waited for: unequal cluster clean --run ${run} removes it`,
    );
    return false;
  }

  /** The same trouble once. */
  private trouble(words: string): void {
    if (this.told.has(words)) return;
    if (this.told.size < 100) this.told.add(words);
    (this.options.onTrouble ?? console.warn)(`unequal: ${words}`);
  }
}

const badWork = (got: string, expected: string) => fault({ wrong: 'a message that is no work', got, expected });

/** @returns how many fit into so many milliseconds. */
const mostIn = (milliseconds: number, perMillisecond: number) =>
  Math.max(1, Math.min(mostRanges, Math.floor(milliseconds * perMillisecond)));
