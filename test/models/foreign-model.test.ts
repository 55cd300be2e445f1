import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadModel } from '../../src/models/load-model.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-foreign-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

// What Keras 3.5 writes for a dense layer (to_json), shortened.
const keras3 = {
  module: 'keras',
  class_name: 'Sequential',
  config: { layers: [{ module: 'keras.layers', class_name: 'InputLayer', config: { batch_shape: [null, 4] } }] },
  registered_name: null,
};

it.each([
  ['net.h5', '\x89HDF\r\n', /a Keras model in HDF5.*tensorflowjs_converter --input_format=keras FILE\.h5/],
  ['net.keras', 'PK', /a model of Keras 3.*tf_keras/],
  ['net.onnx', 'x', /an ONNX model/],
  ['net.pt', 'PK', /weights of PyTorch/],
  ['weights.bin', 'x', /give the model\.json beside it/],
  ['renamed.json', '\x89HDF\r\n', /a file in HDF5, as Keras writes its \.h5/],
  ['layers.json', JSON.stringify(keras3), /the layers of a Keras 3 model, without their weights/],
  [
    'model.json',
    JSON.stringify({ modelTopology: { model_config: keras3 }, weightsManifest: [] }),
    /a model of Keras 3, whose layers/,
  ],
])('says what %s is and how to convert it', async (name, content, message) => {
  const file = join(scratch, name);
  await writeFile(file, Buffer.from(content, 'latin1'));
  await expect(loadModel(file)).rejects.toThrow(message);
  await rm(file);
});

it('says that a folder has no model', async () => {
  await expect(loadModel(scratch)).rejects.toThrow(/is a folder without a model/);
});
