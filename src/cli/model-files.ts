import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';

/** Reads a LayersModel from its `model.json` and the files beside it. @throws UnequalError if there is none. */
export async function loadModel(path: string): Promise<tf.LayersModel> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw fault({ wrong: 'the model cannot be read', got: (cause as Error).message, expected: 'a model.json', cause });
  });
  try {
    const json = JSON.parse(text) as tf.io.ModelJSON;
    if (json.format === 'graph-model') throw new Error('a GraphModel, which cannot be trained');
    return await tf.loadLayersModel({
      load: () =>
        tf.io.getModelArtifactsForJSON(json, async (manifest) => {
          const names = manifest.flatMap(({ paths }) => paths);
          const files = await Promise.all(names.map((name) => readFile(join(dirname(path), name))));
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

/** Writes a model as `model.json` and `weights.bin` into a folder; the new files take the place of old ones whole. */
export async function saveModel(model: tf.LayersModel, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await model.save(
    tf.io.withSaveHandler(async ({ weightSpecs = [], weightData, ...artifacts }) => {
      const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      const json = { ...artifacts, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
      for (const [name, content] of [
        ['weights.bin', weights],
        ['model.json', JSON.stringify(json)],
      ] as const) {
        await writeFile(join(folder, `${name}.tmp`), content);
        await rename(join(folder, `${name}.tmp`), join(folder, name));
      }
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
}

/** A small file is a window on a buffer shared with others. */
function exactBuffer({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
