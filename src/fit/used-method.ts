import type * as tf from '@tensorflow/tfjs';
import type { Learner } from '../learner/learner.ts';
import { importance } from '../methods/importance/importance.ts';
import type { Method } from '../methods/method.ts';
import { uniform } from '../methods/uniform.ts';
import type { RunOptions } from './run-options.ts';
import { warnOnce } from './warn-once.ts';

/** What trains where no method is given. */
export function methodOf({ method }: Pick<RunOptions, 'method'>): Method {
  return method ?? importance();
}

/** The method, or uniform sampling where the model allows no other. */
export function usableMethod(model: tf.LayersModel, learner: Learner, options: RunOptions): Method {
  const method = methodOf(options);
  if (method.name === 'uniform') return method;
  const uniformOnly = learner.uniformOnly?.(options.example, method.grouped);
  if (uniformOnly === undefined) return method;
  const help = uniformOnly.includes('one number')
    ? '; for importance sampling let it keep the batch axis, e.g. tf.losses.…(y, p, undefined, tf.Reduction.NONE)'
    : '';
  warnOnce(model, 'method', `trained by uniform sampling, not by ${method.name}: ${uniformOnly}${help}`);
  return uniform();
}
