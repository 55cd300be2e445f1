import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { ScoreKind } from '../learner/learner.ts';
import type { Method } from '../methods/method.ts';
import { needsLength } from '../methods/needs.ts';
import { type Checks, checkedOptions, choice, integer, range, share, text, when, wordOr } from '../options.ts';
import { printable } from '../printable.ts';
import { DistributedSampler, type Opened } from './distributed-sampler.ts';
import { areWorkers, type LocalWorkers, startWorkers } from './local-workers.ts';
import { checkUrl } from './redis-client.ts';
import { RedisStore } from './redis-store.ts';
import { prefixOf } from './run-keys.ts';
import { startServer } from './server.ts';

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
  workers: when(areWorkers, '{ count, file }: how many, and the program that each runs'),
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
      children?.onFailure((how) => {
        const what = `a worker of distributedImportance, ${workers!.file}, has ended (${how})`;
        console.warn(
          `unequal: ${printable(what)}: training goes on without it, uniformly where nobody else gives scores`,
        );
      });
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
