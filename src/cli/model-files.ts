import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';

export { loadModel } from '../models/load-model.ts';

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
