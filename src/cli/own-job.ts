import { basename } from 'node:path';
import { CATALOG } from '../data/catalog.ts';
import { mainJob } from '../experiments/main-job.ts';
import type { RaceArguments, RaceJob } from './race-job.ts';
import { checkedLoss, modelFor, optimizers, savedInputShape, savedModels } from './trainable.ts';
import { modelName, optimizerName } from './training-options.ts';

/** Factors of the learning rate that `--tune` tries. */
const factors = [1 / 4, 1 / 2, 1, 2, 4];

/** The job of a race on data, or of a model, that were asked for. */
export function ownJob({ data, model: given, optimizer: asked, loss }: RaceArguments): RaceJob {
  const known = CATALOG.find(({ name }) => name === data);
  const model = given ?? (data === 'mnist' ? 'mnist-cnn' : modelName(undefined, known === undefined));
  const optimizer = optimizerName(asked, model);
  const { rate, make, says } = optimizers[optimizer];
  const saved = savedModels(model);
  return {
    name: `Methods at equal seconds on ${known?.title.split(':')[0] ?? basename(data)}`,
    model,
    optimizer: says,
    learningRate: rate,
    learningRateNote: 'not tuned for this data (--tune tries others)',
    rates: factors.map((factor) => factor * rate),
    schedule: mainJob.schedule,
    scheduleName: mainJob.scheduleName,
    loss: 'loss',
    given: {},
    inputShape: () => savedInputShape(model),
    makeModel: async (learningRate, seed, data) => {
      const made = modelFor(model, await saved(), data, seed);
      const metrics = data.task === 'classification' ? ['accuracy'] : [];
      made.compile({ optimizer: make(learningRate), loss: checkedLoss(loss, data), metrics });
      return made;
    },
  };
}
