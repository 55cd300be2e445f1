/** Programs whose types must be accepted: what TensorFlow.js types as arguments, `fit` and `fitDataset` take. */
import * as tf from '@tensorflow/tfjs';
import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { EarlyStopping, fit, fitDataset, importance } from 'unequal';
import { figure, plot } from 'unequal/report';

type Tensors = tf.Tensor | tf.Tensor[] | { [name: string]: tf.Tensor };

export async function train(model: tf.LayersModel, x: Tensors, y: Tensors, args: tf.ModelFitArgs): Promise<tf.History> {
  return fit(model, x, y, args);
}

export async function trainStream<T extends tf.TensorContainer>(
  model: tf.LayersModel,
  data: tf.data.Dataset<T>,
  args: tf.ModelFitDatasetArgs<T>,
): Promise<tf.History> {
  return fitDataset(model, data, args);
}

export async function both(model: tf.Sequential, x: tf.Tensor, y: tf.Tensor): Promise<number[]> {
  const callbacks = [tf.callbacks.earlyStopping({ patience: 2 }), new EarlyStopping({ restoreBestWeights: true })];
  const history = await fit(model, x, y, { callbacks, validationSplit: 0.2, verbose: 0, method: importance() });
  return history.history.loss as number[];
}

export async function options(model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor): Promise<void> {
  await fit(model, x, y, { callbacks: { onEpochEnd: async () => {} }, shuffle: true, classWeight: { 0: 1, 1: 2 } });
  // @ts-expect-error an option that does not exist
  await fit(model, x, y, { epoch: 3 });
  // @ts-expect-error a method is made by a call
  await fit(model, x, y, { method: 'importance' });
}

/** Both builds of ONNX Runtime are a `runtime`. */
export async function runtimes(model: tf.LayersModel, x: tf.Tensor, y: tf.Tensor): Promise<void> {
  await fit(model, x, y, { runtime: native, providers: ['cuda', 'cpu'] });
  await fit(model, x, y, { runtime: web });
  // @ts-expect-error no build of it
  await fit(model, x, y, { runtime: { InferenceSession: native.InferenceSession } });
}

export const empty = figure({ title: 'Nothing', caption: 'Empty.', draw: (size) => plot(size, { marks: [] }) });
