import * as tf from '@tensorflow/tfjs';
import { fault, type UnequalError } from '../../errors.ts';
import type { TeamPlan } from '../../fit/team.ts';
import { warnOnce } from '../../fit/warn-once.ts';
import { withoutAssigning } from '../../learner/assigning.ts';
import { meansOfParts, oneForAll, othersIn } from '../../learner/loss.ts';
import { Objective, statefulLayer } from '../../learner/objective.ts';
import { mixingPart } from '../../learner/row-mixing.ts';
import { tensors } from '../../learner/taken.ts';
import { isUniform } from '../../methods/uniform.ts';

/** @throws UnequalError for what would become another training by several processes, with rounds every so many steps. */
export function checkPlan(plan: TeamPlan, every: number): void {
  checkMethod(plan);
  const stateful = statefulLayer(plan.model);
  if (stateful) throw apart(stateful, 'train it in one process');
  // With more steps between two rounds, each process makes steps of its own, on batches of its own.
  if (every === 1) checkMean(plan);
}

function checkMethod({ method, timed }: TeamPlan): void {
  const refuse = (got: string, mend: string) =>
    fault({ wrong: `${method.name} cannot be trained by several processes`, got, mend });
  // That of uniform is a step without scores.
  if (method.update && !isUniform(method)) {
    throw refuse('an update of its own', 'choose a method that says which samples to train on, such as importance()');
  }
  if (method.name === 'distributedImportance') {
    throw refuse(
      'scores that are one process’s to draw from',
      'choose importance(), which each process does for itself',
    );
  }
  if (method.schedule && timed) throw refuse('a learning rate that follows its own clock', 'give epochs, not seconds');
}

const alone = 'train it in one process, or with every > 1, where each process makes steps of its own';

/** @throws UnequalError unless the gradient of a batch is the mean of those of its parts. */
function checkMean({ model, example, method }: TeamPlan): void {
  const { optimizer } = model;
  if (optimizer.computeGradients !== tf.Optimizer.prototype.computeGradients) {
    const mend = `change gradients in applyGradients, which is given those of all samples; or ${alone}`;
    throw apart(
      `computeGradients of the optimizer ${optimizer.getClassName()}, which sees one process’s samples`,
      mend,
    );
  }
  const { one, isMean, others, layer } = tf.tidy(() =>
    withoutAssigning(() => {
      const { xs, ys } = tensors(example);
      const objective = new Objective(model);
      const forward = (inputs: tf.Tensor[]) => objective.forward(inputs, false);
      const [one, others] = [oneForAll(model, ys), othersIn(model, ys)];
      // Weights of samples are a factor of that number.
      const isMean = one !== undefined && example.lossWeights === undefined && meansOfParts(model, ys);
      return { one, isMean, others, layer: mixingPart(model, { forward, xs, onlyPredicting: true }) };
    }),
  );
  const perSample = 'let the loss keep the batch axis, one number for each sample';
  if (one && !isMean) throw apart(`${one}, which is not the mean of those of its parts`, `${perSample}; or ${alone}`);
  if (layer) throw apart(layer, alone);
  if (others && !method.grouped) throw apart(others, alone);
  const own = one ?? others;
  if (own) warnOnce(model, 'parts', `${own}: each process takes it of its own samples, and a step is made of the mean`);
}

const apart = (got: string, mend: string): UnequalError =>
  fault({ wrong: 'the model cannot be trained by several processes as by one', got, mend });
