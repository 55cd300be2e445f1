import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { loadModel, saveModel } from '../../src/models/save-model.ts';
import type { Family } from './family.ts';
import { mutateBytes } from './mutate.ts';
import { model } from './small-run.ts';

/** A model file that was changed is a model or is refused. */
export const modelFiles: Family = {
  name: 'mutated models',
  trials: 500,
  start: async (folder) => {
    await tf.setBackend('cpu');
    const at = join(folder, 'model');
    await saveModel(model(), at);
    const files = ['model.json', 'weights.bin'].map((name) => ({
      path: join(at, name),
      bytes: readFileSync(join(at, name)),
    }));
    return async (random) => {
      for (const { path, bytes } of files) writeFileSync(path, bytes);
      const { path, bytes } = files[random.integer(5) === 0 ? 1 : 0];
      writeFileSync(path, mutateBytes(random, bytes));
      (await loadModel(join(at, 'model.json'))).dispose();
      return 'ok';
    };
  },
};
