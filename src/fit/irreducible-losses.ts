import type * as tf from '@tensorflow/tfjs';
import { permutation } from '../data/indices.ts';
import type { Samples } from '../data/samples.ts';
import { subset } from '../data/subset.ts';
import { fault } from '../errors.ts';
import { compiledModel, trainableModel } from '../learner/model.ts';
import { uniform } from '../methods/uniform.ts';
import { withAverages } from '../optimizers/with-averages.ts';
import { checkedOptions } from '../options.ts';
import { makeLearner } from './engine.ts';
import { fit } from './fit.ts';
import { requireFresh } from './fresh-models.ts';
import { irreducibleChecks } from './option-table.ts';
import type { EngineArgs, FitArgs } from './options.ts';
import { checkSamples, samplesProvider, unweighted } from './provider.ts';
import { LossWeights } from './weights.ts';

export type IrreducibleLossesArgs = Pick<FitArgs, 'batchSize' | 'epochs' | 'schedule' | 'seed' | 'signal'> & EngineArgs;

const scoreBatch = 500;

/**
 * The irreducible losses that `rhoLoss` needs, where no data is held out: one model is trained on either half of the
 * samples, and each sample gets its loss under the model that has not seen it.
 * Where data is held out, train one model on that and give the model to `rhoLoss` instead.
 *
 * Takes the time of `epochs` (default 3) uniform epochs of `makeModel`, which may be a much smaller network than the one
 * to be trained, and one forward pass of all samples; none of it is on the clock of a later `fit` or `race`. Stop before
 * the models overfit: a loss that is high for want of data is taken for noise.
 *
 * @param makeModel makes a compiled model with the loss of the one to be trained and an optimizer of its own; called once for
 *   each half, both times before anything is trained.
 * @param given `batchSize`, by default 32, where a half smaller than that is one batch; `seed` of the halves and of the order
 *   in training.
 * @returns one loss per sample, (N,).
 * @throws UnequalError if there are fewer than two samples, or anything about model, samples or arguments is wrong.
 *
 * References: Mindermann et al., Prioritized Training on Points that are Learnable, Worth Learning, and Not Yet Learnt,
 * ICML 2022 (arXiv:2206.07137), training the irreducible-loss model without holdout data.
 *
 * @example
 * ```ts
 * const irreducible = await irreducibleLosses(makeModel, samples, { epochs: 3 });
 * await fit(model, samples, { epochs: 10, method: rhoLoss({ irreducible }) });
 * ```
 */
export async function irreducibleLosses(
  makeModel: () => tf.LayersModel | Promise<tf.LayersModel>,
  samples: Samples,
  given: IrreducibleLossesArgs = {},
): Promise<Float32Array> {
  const checked = checkedOptions('irreducibleLosses', given, irreducibleChecks);
  const { epochs = 3, seed = 1, ...args } = checked;
  checkSamples('the samples of irreducibleLosses', samples);
  const { length } = samples;
  if (!(length >= 2)) throw fault({ wrong: 'the samples cannot be halved', got: length, expected: 'two or more' });
  const order = permutation(length, seed);
  const halves = [order.slice(0, length >> 1), order.slice(length >> 1)].map((half) => half.sort());
  const losses = new Float32Array(length);
  const models = [await makeModel(), await makeModel()];
  for (const model of models) trainableModel(model);
  requireFresh('irreducibleLosses', models);
  for (const [k, model] of models.entries()) {
    const [seen, unseen] = k === 0 ? halves : halves.toReversed();
    await fit(model, subset(samples, seen), { ...args, method: uniform(), epochs, seed, verbose: 0 });
    await withAverages(model, () => score(model, samples, unseen, args, losses));
    model.dispose();
    model.optimizer.dispose();
  }
  return losses;
}

/** Writes the losses of the samples at `indices` under a model, in evaluation mode. */
async function score(
  model: tf.LayersModel,
  samples: Samples,
  indices: Int32Array,
  args: EngineArgs,
  losses: Float32Array,
): Promise<void> {
  const compiled = compiledModel(model);
  // Whoever compares them with weighted losses weighs them.
  const provider = unweighted(
    await samplesProvider(compiled, samples, undefined, new LossWeights(compiled, undefined)),
  );
  const learner = await makeLearner(model, args, await provider.batch(indices.subarray(0, scoreBatch)));
  for (let at = 0; at < indices.length; at += scoreBatch) {
    const some = indices.subarray(at, at + scoreBatch);
    const found = await learner.scores(await provider.batch(some), 'loss');
    for (let k = 0; k < some.length; k++) losses[some[k]] = found[k];
  }
  await learner.dispose();
}
