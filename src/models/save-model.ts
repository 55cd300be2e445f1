import * as tf from '@tensorflow/tfjs';
import { writeWhole } from '../whole-file.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { join } = process.getBuiltinModule('node:path');

export { loadModel } from './load-model.ts';

/** Writes a model as `model.json` and `weights.bin` into a folder; the new files take the place of old ones whole. */
export async function saveModel(model: tf.LayersModel, folder: string): Promise<void> {
  await model.save(
    tf.io.withSaveHandler(async ({ weightSpecs = [], weightData, ...artifacts }) => {
      const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData));
      const json = { ...artifacts, weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }] };
      for (const [name, content] of [
        ['weights.bin', weights],
        ['model.json', JSON.stringify(json)],
      ] as const) {
        await writeWhole(join(folder, name), content);
      }
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
  );
}
