import { checkedOptions } from '../options.ts';
import { type Method, weightedStep } from './method.ts';

/**
 * Uniform SGD: the samples in a new random order every epoch, all weights 1. What `model.fit` does, and the baseline
 * every claim is made against.
 *
 * References: Robbins & Monro, A Stochastic Approximation Method, 1951.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: uniform() });
 * ```
 */
export function uniform(options: { [option: string]: never } = {}): Method {
  options = checkedOptions('uniform', options, {});
  return { name: 'uniform', options: {}, sampler, update };
}

const sampler: Method['sampler'] = ({ source }) => ({
  draw: async (size) => ({ ...(await source.next(size)), report: { phase: 'uniform' } }),
  soon: (sizes) => source.soon?.(sizes),
  state: () => null,
  restore: () => {},
});

const update: Method['update'] = (context) => ({
  ...weightedStep(context),
  step: ({ batch, weights }, seed) => context.learner.step(batch, weights, { seed, scores: false }),
});

/** Whether a method takes the samples as they come and makes plain steps, whatever it is called and whatever rate it has. */
export const isUniform = (method: Method): boolean => method.sampler === sampler && method.update === update;
