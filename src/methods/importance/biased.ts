import { fault } from '../../errors.ts';
import { text } from '../../options.ts';
import { biased as biasedWeights } from '../../sampling/bias.ts';
import { checkMethod } from '../check-method.ts';
import type { Method, Pick, Resample } from '../method.ts';
import { isResample } from '../resample.ts';
import { wrapped } from '../wrapped.ts';
import { importance } from './importance.ts';
import { weightPowers } from './importance-options.ts';

/**
 * A method with its weights raised to a power, wᵏ: k = 1 leaves them as they are, k = 0 drops them, and the smaller k,
 * the more the largest losses are what is minimised. Steps without weights stay as they are.
 *
 * @param k in (−∞, 1]. Default 0.5.
 * @param method default {@link importance} with fresh scores and unbiased weights.
 *
 * References: Katharopoulos & Fleuret, Biased Importance Sampling for Deep Neural Network Training, 2017
 * (arXiv:1706.00043), eq. 8.
 *
 * @example
 * ```ts
 * await fit(model, x, y, { epochs: 10, method: biased(0.5) }); // weights w^0.5
 * ```
 */
export function biased(k?: number, method?: Method, name?: string): Method {
  k ??= 0.5;
  weightPowers('k of biased', k);
  method ??= importance({ scores: 'fresh', weightPower: 1 });
  checkMethod('biased', method);
  name ??= `${method.name}, w^${k}`;
  text('name of biased', name);
  if (k !== 1 && method.options.learningRate === 'gain') {
    throw fault({
      wrong: 'the gain is that of unbiased weights',
      got: `learningRate: 'gain' with weights w^${k}`,
      mend: "use learningRate: 'keep'",
    });
  }
  return {
    ...method,
    name,
    options: { ...method.options, biased: k },
    sampler: (context) => {
      const sampler = method.sampler(context);
      const draw = async (size: number): Promise<Pick | Resample> => {
        const pick = await sampler.draw(size);
        if (isResample(pick)) {
          const { request } = pick;
          return { ...pick, request: { ...request, weightPower: k * request.weightPower } };
        }
        const { weights, unbiased = weights } = pick;
        return weights === undefined ? pick : { ...pick, weights: biasedWeights(weights, k), unbiased };
      };
      return wrapped(sampler, { draw });
    },
  };
}
