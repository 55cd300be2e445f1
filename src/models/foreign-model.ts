import { missingPath } from '../data/missing-path.ts';
import { readWhole } from '../data/regular-file.ts';
import { fault, type UnequalError } from '../errors.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { stat } = process.getBuiltinModule('node:fs/promises');
const { join } = process.getBuiltinModule('node:path');

const CONVERT = 'convert it in Python: pip install tensorflowjs tf_keras, then';
const LEGACY = 'TF_USE_LEGACY_KERAS=1 tensorflowjs_converter --input_format=keras';

/** Models of other programs by the ends of their names: what each is, and how it becomes a `model.json`. */
const FOREIGN: readonly (readonly [pattern: RegExp, what: string, mend: string])[] = [
  [/\.(h5|hdf5)$/i, 'a Keras model in HDF5', `${CONVERT} ${LEGACY} FILE.h5 FOLDER`],
  [
    /\.keras$/i,
    'a model of Keras 3',
    `build it in Keras 2 (import tf_keras), load its weights, model.save("FILE.h5"), and ${CONVERT} ${LEGACY} FILE.h5 FOLDER`,
  ],
  [
    /\.pb$/i,
    'a SavedModel of TensorFlow, which cannot be trained here',
    `save it with Keras as .h5, and ${CONVERT} ${LEGACY} FILE.h5 FOLDER`,
  ],
  [/\.(pt|pth|ckpt|safetensors)$/i, 'weights of PyTorch', 'build the same layers with tf.layers and set their weights'],
  [
    /\.onnx$/i,
    'an ONNX model, which cannot be trained here',
    'build the same layers with tf.layers and set their weights',
  ],
  [
    /\.tflite$/i,
    'a TensorFlow Lite model, which cannot be trained',
    `convert the model that it was made from: ${LEGACY} FILE.h5 FOLDER`,
  ],
  [/\.bin$/i, 'the weights without the model', 'give the model.json beside it'],
];

/** The `model.json` of a path: itself, that of a folder, or that of the run folder of `unequal train`. */
export async function modelJson(path: string): Promise<string> {
  const foreign = FOREIGN.find(([pattern]) => pattern.test(path));
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw await missingPath(path, 'file or folder', 'the path of a model.json, or the folder it is in');
  if (foreign !== undefined && found.isFile()) {
    throw fault({
      wrong: `${path} is no model that can be trained`,
      got: foreign[1],
      expected: 'a model.json',
      mend: foreign[2],
    });
  }
  if (!found.isDirectory()) return path;
  for (const inner of [join(path, 'model.json'), join(path, 'model', 'model.json')]) {
    if ((await stat(inner).catch(() => undefined))?.isFile()) return inner;
  }
  if ((await stat(join(path, 'saved_model.pb')).catch(() => undefined))?.isFile()) {
    return modelJson(join(path, 'saved_model.pb'));
  }
  throw fault({
    wrong: `${path} is a folder without a model`,
    got: 'no model.json in it',
    expected: 'the path of a model.json, or the folder it is in',
  });
}

interface Json {
  readonly class_name?: unknown;
  readonly config?: unknown;
  readonly modelTopology?: unknown;
  readonly keras_version?: unknown;
  readonly weightsManifest?: unknown;
}

/** What a JSON file is that is no model of TensorFlow.js; `undefined` where it may be one. */
export function foreignJson(path: string, json: unknown): UnequalError | undefined {
  const { class_name, config, modelTopology, weightsManifest } = (json ?? {}) as Json;
  const wrong = `${path} is no model that can be trained`;
  const expected = 'the model.json of a saved LayersModel with its weights beside it';
  const isKeras3 = (value: unknown) => /"(registered_name|batch_shape|module)":/.test(JSON.stringify(value ?? null));
  if (class_name !== undefined && config !== undefined && modelTopology === undefined) {
    const version = isKeras3(json) ? 'Keras 3' : 'Keras';
    const got = `the layers of a ${version} model, without their weights (to_json)`;
    return fault({
      wrong,
      got,
      expected,
      mend: `save the whole model as .h5, and ${CONVERT} ${LEGACY} FILE.h5 FOLDER`,
    });
  }
  if (weightsManifest !== undefined && isKeras3(modelTopology)) {
    return fault({
      wrong,
      got: 'a model of Keras 3, whose layers TensorFlow.js does not know',
      expected: 'one of Keras 2',
      mend: `save it from Keras 2 (import tf_keras), and ${CONVERT} ${LEGACY} FILE.h5 FOLDER`,
    });
  }
  return undefined;
}

/** @throws UnequalError that says what a file is that is no JSON. */
export async function checkIsJson(path: string, text: string, cause: unknown): Promise<never> {
  const start = (await readWhole(path, Infinity)).subarray(0, 8).toString('latin1');
  const what = start.startsWith('\x89HDF')
    ? 'a file in HDF5, as Keras writes its .h5'
    : start.startsWith('PK')
      ? 'a zip, as Keras 3 writes its .keras'
      : text.trim() === ''
        ? 'an empty file'
        : (cause as Error).message;
  throw fault({
    wrong: `${path} is no model that can be trained`,
    got: what,
    expected: 'a model.json',
    mend: /Keras/.test(what) ? `${CONVERT} ${LEGACY} FILE.h5 FOLDER` : undefined,
    cause,
  });
}
