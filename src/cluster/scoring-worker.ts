import { randomBytes } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import type { Samples } from '../data/samples.ts';
import { fault, UnequalError } from '../errors.ts';
import { makeLearner } from '../fit/engine.ts';
import type { Engine } from '../fit/options.ts';
import { checkProbe } from '../fit/probe.ts';
import { samplesProvider } from '../fit/provider.ts';
import { ShuffledSource } from '../fit/source.ts';
import { LossWeights } from '../fit/weights.ts';
import type { Learner } from '../learner/learner.ts';
import { compiledModel } from '../learner/model.ts';
import { type Checks, checkedOptions, elsewhere, when } from '../options.ts';
import { encodeChunk } from './chunk.ts';
import {
  checkSame,
  decodeDescription,
  decodePublished,
  describeData,
  describeLossWeights,
  describeWeights,
  isFixed,
  probe,
  type RunDescription,
} from './fingerprint.ts';
import { Ranges } from './ranges.ts';
import { checkUrl } from './redis-client.ts';
import { prefixOf, RedisStore } from './redis-store.ts';
import type { Store } from './store.ts';

export interface ScoringWorkerOptions {
  /** Default: what `UNEQUAL_REDIS` says. */
  readonly url?: string;
  /** Name of the run. Default: what `UNEQUAL_RUN` says, or `'default'`. */
  readonly run?: string;
  readonly engine?: Engine;
  /** Those of the master, where it has any: the losses that are scored are weighted. */
  readonly classWeight?: tf.ModelFitArgs['classWeight'];
  readonly sampleWeight?: ArrayLike<number> | tf.Tensor;
  /** Ends the worker after the range it is at. */
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

/** Milliseconds after which parameters are looked at again. */
const long = 20;

/** What a worker has of a run it has found to be that of its model and its data. */
interface Joined {
  readonly nonce: string;
  readonly description: RunDescription;
  readonly ranges: Ranges;
  readonly learner: Learner;
  readonly source: ShuffledSource;
  version: number;
}

/** A worker on any store. */
export class ScoringWorker {
  private readonly name = randomBytes(8).toString('hex');
  private joined: Joined | undefined;
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
        if (error instanceof Refused) throw error.cause;
        this.trouble((error as Error).message);
        wait = 500;
      }
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    }
    await this.joined?.learner.dispose();
    return this.done;
  }

  /** One range, if there is one. */
  async turn(): Promise<'worked' | 'idle' | 'ended'> {
    const { store } = this;
    const before = this.joined;
    // At once: what a worker waits for between two ranges is what it does not score in.
    const [found, latest] = await Promise.all([
      store.meta(before?.nonce),
      before ? store.latest(before.version) : undefined,
    ]);
    if (found === undefined) return 'idle';
    if (found.ended) return this.joined === undefined ? 'idle' : 'ended';
    if (found.meta !== undefined) {
      await this.joined?.learner.dispose();
      this.joined = undefined;
      this.joined = await this.join(found.nonce, found.meta);
    }
    const { joined } = this;
    if (joined === undefined) return 'idle';
    await this.takeParameters(joined, joined === before ? latest : await store.latest(joined.version));
    if (joined.version < 0) return 'idle';
    const asked = performance.now();
    const lease = await store.lease(this.name);
    if (lease === undefined) return 'idle';
    const { ranges, learner, source, description, nonce } = joined;
    if (!(lease.range < ranges.count)) {
      throw fault({ wrong: 'bad work', got: `range ${lease.range}`, expected: `one of ${ranges.count} ranges` });
    }
    // Where it had to wait for work, the master has gone on.
    if (performance.now() - asked > long) await this.takeParameters(joined, await store.latest(joined.version));
    const scores = await learner.scores(await source.at(ranges.indices(lease.range)), description.score);
    const { version } = joined;
    const chunk = encodeChunk({ nonce, range: lease.range, version, scores });
    const taken = await store.commit(lease, nonce, chunk);
    this.done.ranges++;
    this.done.samples += scores.length;
    this.options.onRange?.({ range: lease.range, samples: scores.length, version, taken });
    return 'worked';
  }

  /** @throws Refused if it is the run of another model or of other data. */
  private async join(nonce: string, meta: Uint8Array): Promise<Joined> {
    const description = decodeDescription(meta);
    try {
      const model = this.model ?? (await modelOf(description));
      const compiled = compiledModel(model);
      const { classWeight, sampleWeight } = this.options;
      const provider = await samplesProvider(
        compiled,
        this.samples,
        sampleWeight,
        new LossWeights(compiled, classWeight),
      );
      const source = new ShuffledSource(provider, null);
      const ranges = new Ranges(description.samples, description.range);
      const size = Math.min(description.range, provider.length);
      const example = await source.at(Int32Array.from({ length: size }, (_, k) => k));
      const learner = await makeLearner(model, { engine: this.options.engine }, example);
      const own = { samples: provider.length, weights: describeWeights(await learner.state()) };
      const data = await describeData(source);
      checkSame(description, { ...own, data, lossWeights: await describeLossWeights(source) });
      return { nonce, description, ranges, learner, source, version: -1 };
    } catch (cause) {
      throw new Refused(cause);
    }
  }

  private async takeParameters(joined: Joined, latest: Awaited<ReturnType<Store['latest']>>): Promise<void> {
    const { nonce, learner, source, description } = joined;
    if (latest === undefined) return;
    const state = await learner.state();
    const { version } = latest;
    const expected = { nonce, version, weights: state.weights, samples: description.samples };
    const { weights, probe: theirs } = decodePublished(latest.parameters, expected);
    const named = state.weights.map((one, k) => ({ ...one, data: weights[k] }));
    await learner.restore({ ...state, weights: named });
    const isFirst = joined.version < 0;
    joined.version = version;
    if (!isFirst || !isFixed(description.data)) return;
    try {
      checkProbe(await probe(learner, source, description.score), theirs);
    } catch (cause) {
      throw new Refused(cause);
    }
  }

  /** The same trouble once. */
  private trouble(words: string): void {
    if (this.told.has(words)) return;
    if (this.told.size < 100) this.told.add(words);
    (this.options.onTrouble ?? console.warn)(`unequal: ${words}`);
  }
}

/** This worker cannot work for this run, ever. */
class Refused extends Error {
  constructor(cause: unknown) {
    super('refused', { cause: cause instanceof UnequalError ? cause : asFault(cause) });
  }
}

function asFault(cause: unknown): UnequalError {
  return fault({ wrong: 'this worker cannot score for its master', got: (cause as Error).message, cause });
}

/** The model that a master describes, with its losses. @throws UnequalError where it describes none. */
async function modelOf({ topology, loss }: RunDescription): Promise<tf.LayersModel> {
  if (topology === null || loss === null) {
    throw fault({
      wrong: 'the master has not said what its model is',
      mend: 'give model to distributedImportance, or run a program that calls scoringWorker with the model',
    });
  }
  const model = await tf.models.modelFromJSON(JSON.parse(topology));
  model.compile({ optimizer: tf.train.sgd(0), loss: loss.length === 1 ? loss[0] : [...loss] });
  return model;
}
