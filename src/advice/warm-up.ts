import { presampleRatios } from '../decision/index.ts';
import { Clock } from '../fit/clock.ts';
import type { Provider } from '../fit/provider.ts';
import { ShuffledSource } from '../fit/source.ts';
import { Trainer } from '../fit/trainer.ts';
import type { Learner, ScoreKind } from '../learner/learner.ts';
import { importance } from '../methods/importance/importance.ts';
import { Random } from '../sampling/random.ts';

export interface WarmUpOptions {
  readonly train: Provider;
  readonly batchSize: number;
  readonly score: ScoreKind;
  readonly metricNames: readonly string[];
  readonly now: () => number;
  /** The moment by `now` from which on nothing more is begun. */
  readonly until: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs what a learner compiles when it is first asked for, so that it is on no method's clock: a step on a whole batch
 * and on an epoch's last one, and an importance step for each presample ratio there may be, as far as time allows.
 * Changes weights and optimizer.
 *
 * @returns seconds of a step.
 */
export async function warmUp(learner: Learner, options: WarmUpOptions): Promise<number> {
  const { train, batchSize, score, metricNames, now, until, signal } = options;
  const first = (count: number) => train.batch(Int32Array.from({ length: count }, (_, i) => i));
  await learner.step(await first(batchSize), undefined, { seed: 0 });
  const start = now();
  await learner.step(await first(batchSize), undefined, { seed: 1 });
  const seconds = now() - start;
  const left = train.length % batchSize;
  if (left > 0) await learner.step(await first(left), undefined, { seed: 2 });
  for (const presample of presampleRatios) {
    if (presample * batchSize > train.length || now() >= until || signal?.aborted) break;
    const random = new Random(presample);
    const method = importance({ scores: 'fresh', weightPower: 1, start: 'always', presample, score });
    const trainer = new Trainer({
      ...{ learner, method, random, batchSize, metricNames },
      source: new ShuffledSource(train, random),
      clock: new Clock(now),
      length: train.length,
      progress: () => 0,
    });
    await trainer.train(batchSize, { epoch: 0, batch: 0 });
  }
  // What the samplers look at now and then; not every model has it.
  if (learner.engine === 'compiled' && now() < until && !signal?.aborted) {
    await learner.scores(await first(batchSize), 'gradient-norm').catch(() => undefined);
  }
  return seconds;
}
