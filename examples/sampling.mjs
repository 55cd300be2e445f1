/** The numbers behind the methods, without a model. */
// #region sampling
import { distribution, ess, Random, resampler, tau } from 'unequal/sampling';

const scores = Float64Array.of(0.1, 0.2, 4, 0.1);
const p = distribution(scores, { mixture: 0.1 }); // λ of uniform in it
const { rows, weights } = resampler('systematic')(p, 2, new Random(1));
console.log(rows, weights, tau(p), ess(weights));
// #endregion sampling
