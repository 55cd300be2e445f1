import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { ScoreKind } from '../learner/learner.ts';
import { compiledModel, lossNames } from '../learner/model.ts';
import type { Context } from '../methods/method.ts';
import { describeData, describeLossWeights, describeWeights, type RunDescription } from './fingerprint.ts';

interface Described {
  readonly score: ScoreKind;
  /** Samples of a range. */
  readonly range: number;
  /** For workers that have none of their own. */
  readonly model?: tf.LayersModel | (() => tf.LayersModel);
}

/** What workers are told of a run. @throws UnequalError if they could not make its loss. */
export async function describeRun(
  { score, range, model: given }: Described,
  { learner, source }: Context,
): Promise<RunDescription> {
  const model = typeof given === 'function' ? given() : given;
  const loss = model === undefined ? null : lossNames(compiledModel(model));
  if (loss?.some((name) => name === undefined)) {
    throw fault({
      wrong: 'the loss of the model has no name, so that workers cannot make it',
      mend: 'leave model out, and let workers be programs that call scoringWorker with a model of their own',
    });
  }
  return {
    samples: source.length!,
    range,
    score,
    weights: describeWeights(await learner.state()),
    data: await describeData(source),
    lossWeights: await describeLossWeights(source),
    topology: model === undefined ? null : JSON.stringify(model.toJSON(null, false)),
    loss: loss as string[] | null,
  };
}
