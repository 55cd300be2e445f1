/**
 * What the compiled learner traces: each pass over a batch as a function of its tensors, compiled where it has not been yet.
 */
import * as tf from '@tensorflow/tfjs';
import type { Compiled } from '../compiler/index.ts';
import { backward, minimized, sumOf, update } from './backward.ts';
import type { ModelBatch } from './batch.ts';
import type { CompiledFunctions } from './compiled-functions.ts';
import { forward } from './forward.ts';
import type { ScoreKind } from './learner.ts';
import { named } from './named.ts';
import type { Objective } from './objective.ts';
import { hasOwnMinimize } from './optimizer.ts';

/** Inputs and calls of a pass in training mode. */
const training = (objective: Objective): Parameters<CompiledFunctions['ofBatch']>[3] => ({
  more: { weights: { shape: [null] } },
  forward: (tensors) => forward(objective, tensors, true),
});

/** The name of a parameter's gradient among inputs or outputs. */
export const gradientName = (k: number): string => `gradient${k}`;

/** The outputs `scores` of one forward pass; not for norms of gradients. */
export const scorePass = (
  functions: CompiledFunctions,
  objective: Objective,
  batch: ModelBatch,
  kind: ScoreKind,
): Compiled =>
  functions.ofBatch(
    `scores ${kind}`,
    batch,
    (tensors) => {
      const { losses, scores } = objective.look(tensors, kind === 'upper-bound');
      return { scores: kind === 'loss' ? losses : scores! };
    },
    { forward: (tensors) => forward(objective, tensors, false) },
  );

/** Forward, backward, and an update by the user's optimizer, which may make the whole step itself. */
export const stepPass = (functions: CompiledFunctions, objective: Objective, batch: ModelBatch): Compiled =>
  functions.ofBatch(
    'step',
    batch,
    (tensors, inputs) => {
      const weights = inputs.weights as tf.Tensor1D;
      let seen: Parameters<typeof named>[0];
      if (hasOwnMinimize(objective.model.optimizer)) seen = minimized(objective, tensors, weights);
      else {
        const { grads, ...rest } = backward(objective, tensors, weights);
        update(objective, grads);
        seen = rest;
      }
      // A gradient that is not finite leaves weights that are not, so one look at them is enough.
      return named({ ...seen, finite: sumOf(objective.parameters) });
    },
    training(objective),
  );

/** Forward and backward; the outputs have a gradient for each parameter. */
export const gradientPass = (functions: CompiledFunctions, objective: Objective, batch: ModelBatch): Compiled =>
  functions.ofBatch(
    'gradient',
    batch,
    (tensors, inputs) => {
      const { grads, ...rest } = backward(objective, tensors, inputs.weights as tf.Tensor1D);
      const all = grads.map((gradient, k) => gradient ?? tf.zeros(objective.parameters[k].shape));
      return { ...named(rest), ...Object.fromEntries(all.map((gradient, k) => [gradientName(k), gradient])) };
    },
    training(objective),
  );

/** An update by the user's optimizer, from a gradient for each parameter. */
export function updatePass(functions: CompiledFunctions, objective: Objective): Compiled {
  const { parameters } = objective;
  return functions.of(
    'apply',
    () => Object.fromEntries(parameters.map(({ shape }, k) => [gradientName(k), { shape }])),
    (inputs) => {
      const grads = parameters.map(({ trainable }, k) => (trainable ? inputs[gradientName(k)] : undefined));
      update(objective, grads);
      return {};
    },
  );
}

/** Losses and metrics in evaluation mode. */
export const evaluationPass = (functions: CompiledFunctions, objective: Objective, batch: ModelBatch): Compiled =>
  functions.ofBatch('evaluate', batch, ({ xs, ys }) => {
    const pass = objective.pass({ xs, ys }, false, false);
    const { losses } = pass;
    return named({ loss: tf.mean(losses), losses, metrics: objective.metrics(ys, pass) });
  });

/** The model's outputs in evaluation mode: `output0` and on. */
export const outputPass = (functions: CompiledFunctions, objective: Objective, batch: ModelBatch): Compiled =>
  functions.ofBatch('outputs', batch, ({ xs }) =>
    Object.fromEntries(objective.forward(xs, false).map((output, k) => [`output${k}`, output])),
  );
