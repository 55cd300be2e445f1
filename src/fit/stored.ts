import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { loadPart } from '../load-part.ts';
import type { State } from '../methods/method.ts';
import { tellOfAverages } from '../optimizers/tell-of-averages.ts';

/** `indexeddb://name` and the like, which TensorFlow.js knows itself. */
const isUrl = (path: string): boolean => /^[a-z]+:\/\//.test(path);

function checkPath(what: string, path: unknown): void {
  if (typeof path === 'string' && path !== '') return;
  const got = typeof path === 'string' ? "''" : (path ?? 'nothing');
  throw fault({ wrong: `bad path of ${what}`, got, expected: 'the path of a folder' });
}

/**
 * Saves a model into a folder, as `model.json` and `weights.bin`, whole or not at all; in a browser to `indexeddb://name`,
 * `localstorage://name` or `downloads://name`. Of an `averaged` optimizer, `withAverages` saves what `fit` validates with.
 * @throws UnequalError if the folder cannot be written.
 *
 * @example
 * ```ts
 * await saveModel(model, 'my-model'); // a folder
 * ```
 */
export async function saveModel(model: tf.LayersModel, path: string): Promise<void> {
  if (typeof model?.save !== 'function')
    throw fault({ wrong: 'no model to save', got: model ?? 'nothing', expected: 'a tf.LayersModel' });
  checkPath('saveModel', path);
  tellOfAverages(model, 'saveModel');
  if (isUrl(path)) await model.save(path);
  else await (await loadPart(() => import('../models/save-model.ts'))).saveModel(model, path);
}

/**
 * The model that {@link saveModel} or `model.save` has stored, not compiled: from its folder, that of a run, or the
 * `model.json`; from a browser's store, or from the web. Of a run that has not come to its end its checkpoint has the weights.
 * @throws UnequalError if there is none that can be trained.
 *
 * @example
 * ```ts
 * const loaded = await loadModel('runs/people/model');
 * loaded.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
 * ```
 */
export async function loadModel(path: string): Promise<tf.LayersModel> {
  checkPath('loadModel', path);
  if (isUrl(path)) return tf.loadLayersModel(path);
  return (await loadPart(() => import('./newest-model.ts'))).loadNewestModel(path);
}

/**
 * What a checkpoint holds, as `fit` has written it: numbers, lists and typed arrays by name. For Node.
 * @throws UnequalError if the file cannot be read, is no checkpoint or a damaged one.
 *
 * @example
 * ```ts
 * const state = await readCheckpoint('run.checkpoint');
 * ```
 */
export async function readCheckpoint(path: string): Promise<State> {
  return (await loadPart(() => import('./checkpoint.ts'))).readCheckpoint(path);
}
