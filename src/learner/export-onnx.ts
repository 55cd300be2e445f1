import * as tf from '@tensorflow/tfjs';
import { writeFreeModel } from '../compiler/index.ts';
import { fault, UnequalError } from '../errors.ts';
import { tellOfAverages } from '../optimizers/tell-of-averages.ts';

/**
 * The model as an ONNX file with a free batch axis: what `model.predict` computes, with the weights it has now. Inputs and
 * outputs are called as the model calls them (`dense_input`, `dense`), and have the shapes and types of the model's own (images
 * with their channels last). Dropout and noise are off, as in `predict`; batch normalisation uses its moving averages.
 * Operations are of ONNX's own opset 21, so that every runtime of that age reads it. A layer of your own that asks how large the batch
 * is (`x.shape[0] > 10 ? … : …`) is exported as it is for some 200 samples. The mask that a model makes which is
 * called as a layer (`inner.apply(x)`) reaches the layers after it, as in compiled training; `predict` of TensorFlow.js loses it.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 *
 * await writeFile('model.onnx', await exportOnnx(model));
 * // python: onnxruntime.InferenceSession('model.onnx').run(None, { 'dense_input': x })
 * ```
 *
 * @throws UnequalError naming the layer that cannot be exported: one that reads values while it computes, draws random
 *   numbers, changes its own state when it predicts, or does something else for another batch size.
 */
export async function exportOnnx(given: tf.LayersModel): Promise<Uint8Array> {
  if (!(given instanceof tf.LayersModel)) {
    throw fault({ wrong: 'no model to export', got: given, expected: 'a tf.LayersModel' });
  }
  if (!given.inputs?.length) {
    throw fault({
      wrong: 'a model that is not built yet',
      mend: 'give its first layer an inputShape, or call model.build',
    });
  }
  // tf.Sequential hands everything to a functional model that it builds, and that is the one with names.
  // Built once more, it would be another, which nobody has compiled.
  if (given instanceof tf.Sequential && !given.built) given.build();
  const model = (given as unknown as { model?: tf.LayersModel }).model ?? given;
  const inputs = model.inputs.map(({ shape, dtype }, k) => ({
    name: model.inputNames[k],
    shape,
    dtype: dtype ?? 'float32',
  }));
  const open = inputs.find(({ shape }) => shape.slice(1).some((size) => size === null));
  if (open) {
    throw fault({
      wrong: `input ${open.name} of the model has more open axes than that of the batch`,
      got: `[${open.shape.map((size) => size ?? 'null')}]`,
      mend: 'make the model with an inputShape whose sizes are all known',
    });
  }
  tellOfAverages(given, 'exportOnnx');
  const names = uniqueNames(model.outputNames, model.inputNames);
  const predict = (tensors: Record<string, tf.Tensor>): Record<string, tf.Tensor> =>
    outputsOf(model.apply(listOrOne(inputs.map(({ name }) => tensors[name]))), names);
  try {
    return await writeFreeModel(predict, inputs, names);
  } catch (cause) {
    const layer = await culprit(model);
    throw fault({
      wrong: `the model cannot be exported${layer ? `: layer ${layer.name} (${layer.kind})` : ''}`,
      got: firstLine(layer?.cause ?? cause),
      mend: layer ? 'leave that layer out, or write it with tensors alone' : undefined,
      cause,
    });
  }
}

/** The first layer that cannot be exported by itself. */
async function culprit(model: tf.LayersModel): Promise<{ name: string; kind: string; cause: unknown } | undefined> {
  for (const layer of model.layers) {
    const of = (value: tf.SymbolicTensor | tf.SymbolicTensor[]) => (Array.isArray(value) ? value : [value]);
    const inputs = of(layer.input).map(({ shape, dtype }, k) => ({ name: `x${k}`, shape, dtype: dtype ?? 'float32' }));
    if (layer.getClassName() === 'InputLayer' || inputs.some(({ shape }) => shape.slice(1).includes(null))) continue;
    const call = (tensors: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
      const outputs = layer.call(listOrOne(inputs.map(({ name }) => tensors[name])), {});
      return outputsOf(outputs, Array.isArray(outputs) ? outputs.map((_, k) => `y${k}`) : ['y0']);
    };
    try {
      await writeFreeModel(call, inputs);
    } catch (cause) {
      return { name: layer.name, kind: layer.getClassName(), cause };
    }
  }
  return undefined;
}

const listOrOne = <T>(values: T[]): T | T[] => (values.length === 1 ? values[0] : values);

function outputsOf(outputs: unknown, names: readonly string[]): Record<string, tf.Tensor> {
  const list = (Array.isArray(outputs) ? outputs : [outputs]) as tf.Tensor[];
  return Object.fromEntries(list.map((tensor, k) => [names[k], tensor]));
}

/** An ONNX graph has each name once; an output that has the name of an input or of another is numbered. */
function uniqueNames(names: readonly string[], taken: readonly string[]): string[] {
  const known = new Set(taken);
  return names.map((name) => {
    let free = name;
    for (let k = 1; known.has(free); k++) free = `${name}_${k}`;
    known.add(free);
    return free;
  });
}

function firstLine(cause: unknown): string {
  return cause instanceof UnequalError || cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
}
