import type * as tf from '@tensorflow/tfjs';
import { compiledModel } from '../learner/model.ts';
import type { History } from './history.ts';
import { run } from './run.ts';
import type { RunOptions } from './run-options.ts';
import type { ShuffledSource } from './source.ts';
import type { Cluster } from './team.ts';
import { methodOf } from './used-method.ts';

/**
 * A run of several processes. Validation, callbacks, checkpoints and the clock are those of the process that leads; what the
 * others do follows from the rounds.
 */
export async function runTogether(model: tf.LayersModel, options: RunOptions, cluster: Cluster): Promise<History> {
  for (;;) {
    try {
      return await runInTeam(model, options, cluster);
    } catch (error) {
      // Nothing has been trained or told yet.
      if (!cluster.isOver(error)) throw error;
    }
  }
}

async function runInTeam(model: tf.LayersModel, options: RunOptions, cluster: Cluster): Promise<History> {
  const { batchSize, example, seconds, signal, source } = options;
  const length = options.length!;
  const team = await cluster.open({
    model: compiledModel(model),
    ...{
      example,
      length,
      batchSize,
      signal,
      method: methodOf(options),
      timed: seconds !== undefined,
    },
  });
  const { epoch } = team;
  const together: RunOptions = {
    ...options,
    team,
    source: (by) => team.source(source(by) as ShuffledSource),
    epoch: {
      get steps() {
        return epoch.steps;
      },
      samples: () => length,
      begin: async () => epoch.begin(),
      size: async () => epoch.size(),
      isWhole: () => epoch.size() === 0,
    },
  };
  const following = {
    ...{ validation: undefined, callbacks: undefined, checkpoint: undefined, onStep: undefined, seed: team.seed },
    ...(seconds !== undefined && { seconds: undefined, schedule: undefined, epochs: Infinity }),
  };
  try {
    return await run(model, team.leads ? together : { ...together, ...following });
  } catch (error) {
    team.fail(error);
    throw error;
  } finally {
    await team.close();
  }
}
