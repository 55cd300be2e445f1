import * as tf from '@tensorflow/tfjs';
import { namedGradients } from './backward.ts';
import type { Objective } from './objective.ts';
import { hasOwnMinimize, hasOwnSlots, startSlots } from './optimizer.ts';
import { isTensorFlows } from './user-code.ts';

/**
 * Has an optimizer of the user's own make the slots that it makes at its first step, if it has none yet: by a step of zero
 * gradients, of which nothing else is left.
 * @returns what takes the slots away again.
 */
export function makeFirstSlots({ model, variables, parameters }: Objective): () => void {
  const { optimizer } = model;
  if (isTensorFlows(optimizer) || hasOwnMinimize(optimizer) || hasOwnSlots(optimizer)) return () => {};
  const before = variables.map((variable) => tf.clone(variable));
  const fields = Object.entries(optimizer).filter(([, value]) => typeof value !== 'object');
  const zeros = parameters.map((variable) => tf.zerosLike(variable));
  try {
    tf.tidy(() => optimizer.applyGradients(namedGradients(parameters, zeros)));
  } finally {
    for (const [k, variable] of variables.entries()) variable.assign(before[k]);
    tf.dispose([...before, ...zeros]);
    Object.assign(optimizer, Object.fromEntries(fields));
  }
  return () => startSlots(optimizer);
}
