import type * as tf from '@tensorflow/tfjs';
import type { Learner } from '../learner/learner.ts';
import { compiledModel } from '../learner/model.ts';
import { allLayers, isOwnLayer } from '../learner/user-code.ts';
import { importance } from '../methods/importance/importance.ts';
import type { Method } from '../methods/method.ts';
import { isUniform, uniform } from '../methods/uniform.ts';
import { oddTargets } from './check-labels.ts';
import type { RunOptions } from './run-options.ts';
import { warnOnce } from './warn-once.ts';

/** What trains where no method is given. */
export function methodOf({ method }: Pick<RunOptions, 'method'>): Method {
  return method ?? importance();
}

/** The method, or uniform sampling where the model allows no other. */
export function usableMethod(model: tf.LayersModel, learner: Learner, options: RunOptions): Method {
  const method = methodOf(options);
  if (isUniform(method)) return method;
  // The model is tried only where that decides.
  const why = notByDefault(model, options) ?? learner.uniformOnly?.(options.example, method.grouped);
  if (why === undefined) return method;
  const help = why.includes('one number')
    ? '; for importance sampling let it keep the batch axis, e.g. tf.losses.…(y, p, undefined, tf.Reduction.NONE)'
    : '';
  warnOnce(model, 'method', `trained by uniform sampling, not by ${method.name}: ${why}${help}`);
  return uniform();
}

/**
 * Warns where the model has come to mix rows since the method was chosen: a callback may have switched that on. It is too late for another
 * method then.
 */
export async function tellOfMixing(model: tf.LayersModel, learner: Learner, method: Method, options: RunOptions) {
  const { callbacks, example, team } = options;
  if (isUniform(method) || team || !callbacks) return;
  if (!allLayers(compiledModel(model)).some(isOwnLayer)) return;
  await learner.onDevice?.makeReadable();
  const why = learner.uniformOnly?.(example, method.grouped);
  const told = `${why} now, and did not when the run began. It is trained by ${method.name} all the same: say method: uniform()`;
  if (why !== undefined) warnOnce(model, 'mixing', told);
}

/**
 * Why importance sampling is not what trains where nobody asked for it. When to lean towards which samples is told by losses that
 * training brings to 0; scores are right for any target.
 */
function notByDefault(model: tf.LayersModel, { method, shuffle, example }: RunOptions): string | undefined {
  if (method !== undefined) return undefined;
  // Their order may be what the program is about: weights of rows that a callback sets, a state that goes from batch to batch.
  if (shuffle === false) return 'shuffle: false asks for the samples in their order; a method that is given is used';
  const odd = oddTargets(compiledModel(model), example.ys);
  return odd && `${odd}, so that its loss does not say what is left to learn; a method that is given is used`;
}
