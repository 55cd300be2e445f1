import type { ModelBatch } from '../../learner/batch.ts';
import type { Learner } from '../../learner/learner.ts';

/** Kinds of work a learner does, as far as they take time. */
export type Work = 'step' | 'score' | 'iterate' | 'gradient';

/** Called around a piece of work on n samples; for `iterate` those of the pool. */
export type Around = <T>(work: Work, samples: number, call: () => Promise<T>) => Promise<T>;

/** The same learner, with something done around each piece of its work. */
export function watched(learner: Learner, around: Around): Learner {
  const calls: { readonly [name: string]: (...args: never[]) => Promise<unknown> } = {
    step: (batch: ModelBatch, ...rest: never[]) =>
      around('step', batch.size, () => learner.step(batch, ...(rest as []))),
    scores: (batch: ModelBatch, kind: Parameters<Learner['scores']>[1]) =>
      around(kind === 'gradient-norm' ? 'gradient' : 'score', batch.size, () => learner.scores(batch, kind)),
    outputs: (batch: ModelBatch) => around('score', batch.size, () => learner.outputs(batch)),
    evaluate: (batch: ModelBatch) => around('score', batch.size, () => learner.evaluate(batch)),
    gradient: (batch: ModelBatch, ...rest: never[]) =>
      around('gradient', batch.size, () => learner.gradient(batch, ...(rest as []))),
    ...(learner.iterate && {
      iterate: (pool: ModelBatch, ...rest: never[]) =>
        around('iterate', pool.size, () => learner.iterate!(pool, ...(rest as unknown as [never]))),
    }),
  };
  return new Proxy(learner, {
    get(target, name) {
      if (typeof name === 'string' && Object.hasOwn(calls, name)) return calls[name];
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
