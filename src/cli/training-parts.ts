import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { Cluster } from '../fit/team.ts';
import type { Method } from '../methods/method.ts';
import { loadModel, saveModel } from '../models/save-model.ts';
import { writeWhole } from '../whole-file.ts';
import { inFolder } from './default-folder.ts';
import { methodFor } from './distributed.ts';
import { keepLabels, withKeptLabels } from './kept-labels.ts';
import { checkSamePreparation, keepPreparation } from './kept-preparation.ts';
import { openTraining } from './open-training.ts';
import { RunFolder } from './run-folder.ts';
import type { OpenArguments, TrainArguments } from './train-arguments.ts';
import { trainConfig } from './train-config.ts';
import { inputShapeOf } from './trainable.ts';
import { placed, type TrainingData, trainingData } from './training-data.ts';

/** What a training run of the command line is made of. */
export interface TrainingParts {
  readonly args: TrainArguments;
  readonly method: Method;
  readonly model: tf.LayersModel;
  readonly data: TrainingData;
  readonly folder: RunFolder;
  readonly cluster: Cluster | undefined;
  readonly resumes: boolean;
}

/** Those of a new run, in a folder of its own. */
export async function startParts(
  options: OpenArguments,
  out?: string,
  redis?: string,
  cluster?: Cluster,
): Promise<TrainingParts> {
  let model: tf.LayersModel;
  const method = methodFor(options, () => model, redis);
  const opened = await openTraining({ ...options, together: cluster && true });
  const { args, data } = opened;
  model = opened.model;
  const config = trainConfig(args, method, model, data);
  const folder = await inFolder(out, 'train', (path) => RunFolder.create(path, config));
  // The run folder keeps all that a resumed run needs, whatever becomes of the file the model came from.
  await saveModel(model, join(folder.path, 'model'));
  await keepPreparation(data, join(folder.path, 'model'));
  if (data.skipped.length > 0) await writeWhole(join(folder.path, 'skipped.txt'), `${data.skipped.join('\n')}\n`);
  await keepLabels(args, folder.path);
  return { args, method, model, data, folder, cluster, resumes: false };
}

/** Those of a run that goes on from its checkpoint. @throws UnequalError if it cannot. */
export async function resumeParts(
  path: string,
  args: TrainArguments,
  redis?: string,
  cluster?: Cluster,
): Promise<TrainingParts> {
  checkResumable(path, args, cluster);
  let model: tf.LayersModel;
  const labelled = await withKeptLabels(args, path);
  const own = join(path, 'model');
  const method = methodFor({ ...labelled, ...placed(labelled), model: own }, () => model, redis);
  model = await loadModel(join(own, 'model.json'));
  const kept = { ...labelled, model: args.alike ? own : undefined };
  const data = await trainingData(kept, inputShapeOf(model));
  await checkSamePreparation(path, data);
  const folder = await RunFolder.reopen(path);
  return { args, method, model, data, folder, cluster, resumes: true };
}

function checkResumable(path: string, args: TrainArguments, cluster: Cluster | undefined): void {
  if ((args.together ?? false) !== (cluster !== undefined)) {
    throw fault({
      wrong: `${path} cannot be resumed so`,
      got: args.together ? 'no --cluster' : '--cluster',
      expected: args.together ? '--cluster URL, as the run was trained with' : 'none, as the run was trained alone',
    });
  }
  if (!existsSync(join(path, 'checkpoint'))) {
    throw fault({ wrong: `${path} cannot be resumed`, got: 'no checkpoint in it', mend: 'start the run again' });
  }
}
