import * as tf from '@tensorflow/tfjs';
import { checkManifest, JSON_LIMIT } from '../data/pretrained.ts';
import { readText, readWhole } from '../data/regular-file.ts';
import { fault } from '../errors.ts';
import { checkIsJson, foreignJson, modelJson } from './foreign-model.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { dirname, join } = process.getBuiltinModule('node:path');

interface LayerConfig {
  readonly class_name: string;
  readonly config: { batch_input_shape?: (number | null)[] };
}

export interface LoadModelOptions {
  /** Shape of an input, without the batch axis, in place of the one the model was saved with. */
  readonly inputShape?: readonly number[];
}

/**
 * Reads a LayersModel from its `model.json` and the files beside it, in Node. `given` may be the folder that it is in, or
 * the run folder of `unequal train`.
 *
 * @throws UnequalError if there is none; of a model of another program it says what it is and how to convert it.
 */
export async function loadModel(given: string, { inputShape }: LoadModelOptions = {}): Promise<tf.LayersModel> {
  const path = await modelJson(given);
  const text = await readText(path, JSON_LIMIT).catch((cause) => {
    throw fault({ wrong: 'the model cannot be read', got: (cause as Error).message, expected: 'a model.json', cause });
  });
  let json: tf.io.ModelJSON;
  try {
    json = JSON.parse(text) as tf.io.ModelJSON;
  } catch (cause) {
    return checkIsJson(path, text, cause);
  }
  const foreign = foreignJson(path, json);
  if (foreign !== undefined) throw foreign;
  try {
    if (json.format === 'graph-model') throw new Error('a GraphModel, which cannot be trained');
    await checkManifest(json.weightsManifest, path);
    if (inputShape) reshapeInput(json, inputShape);
    return await tf.loadLayersModel({
      load: () =>
        tf.io.getModelArtifactsForJSON(json, async (manifest) => {
          const names = manifest.flatMap(({ paths }) => paths);
          const files = await Promise.all(names.map((name) => readWhole(join(dirname(path), name), Infinity)));
          return [manifest.flatMap(({ weights }) => weights), files.map(exactBuffer)];
        }),
    });
  } catch (cause) {
    throw fault({
      wrong: `${path} is no model that can be trained`,
      got: (cause as Error).message,
      expected: 'the model.json of a saved LayersModel with its weights beside it',
      cause,
    });
  }
}

function reshapeInput({ modelTopology }: tf.io.ModelJSON, shape: readonly number[]): void {
  const { layers } = (modelTopology as { model_config: { config: { layers: LayerConfig[] } } }).model_config.config;
  const input = layers.find(({ class_name }) => class_name === 'InputLayer');
  if (input) input.config.batch_input_shape = [null, ...shape];
}

/** A small file is a window on a buffer shared with others. */
function exactBuffer({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
