import * as tf from '@tensorflow/tfjs';
import { greatest } from '../extent.ts';
import { withoutAssigning } from './assigning.ts';
import { Fields } from './fields.ts';
import { type CompiledModel, weightsIn } from './model.ts';
import { withSeed } from './seeded.ts';
import { allLayers, isTensorFlows } from './user-code.ts';

/** Rows that a layer is tried on before those of a whole batch: enough for pairs, and sets of four or eight. */
const few = 16;
/** Products of a call, at most, that a layer is tried with: TensorFlow.js takes some hundredths of a second for these. */
const most = 2e7;

/**
 * Whether what `f` gives for a row of a batch becomes something else when other rows do. Rows are kept by turns and by halves, so that
 * pairs, neighbours and sets of any size are noticed.
 *
 * @param inputs two batches of the same shapes.
 */
export function mixesRows(f: (inputs: tf.Tensor[]) => tf.Tensor, [one, other]: readonly [tf.Tensor[], tf.Tensor[]]) {
  const size = one[0].shape[0];
  const perRow = (inputs: tf.Tensor[]) => {
    const output = f(inputs);
    return tf.reshape(output, [size, -1]);
  };
  const before = perRow(one);
  // Who draws from a generator of their own gives something else each time.
  const differs = tf.any(tf.greater(tf.abs(tf.sub(perRow(one), before)), 0));
  if (differs.dataSync()[0] !== 0) return false;
  const isKept: ((row: number) => boolean)[] = [
    (row) => row % 2 === 0,
    (row) => row % 2 === 1,
    (row) => row < size / 2,
    (row) => row >= size / 2,
  ];
  return isKept.some((keeps) => {
    const kept = tf.tensor1d(
      Array.from({ length: size }, (_, row) => keeps(row)),
      'bool',
    );
    const mixed = one.map((input, k) => {
      const mask = tf.reshape(kept, [size, ...input.shape.slice(1).fill(1)]);
      return tf.where(mask, input, other[k]);
    });
    const apart = tf.max(tf.abs(tf.sub(perRow(mixed), before)), 1);
    const scale = tf.max(tf.abs(before), 1);
    const changed = tf.logicalAnd(kept, tf.greater(apart, tf.mul(scale, 1e-4)));
    return tf.any(changed).dataSync()[0] !== 0;
  });
}

/**
 * Which layer of the user's gives for a sample what depends on the others of its batch, in words; `undefined` if none does. They are
 * called on numbers that are made up, and are as they were afterwards. What takes long, such as convolutions, is not tried.
 * @param size of a batch: the layer may want as many rows.
 */
export function mixingLayer(model: CompiledModel, size: number): string | undefined {
  const own = allLayers(model).filter((layer) => !(layer instanceof tf.LayersModel) && !isTensorFlows(layer));
  const layer = own.find((layer) => [Math.min(2, size), Math.min(few, size), size].some((rows) => mixes(layer, rows)));
  return layer && `what the layer ${layer.name} gives for a sample depends on the others of its batch`;
}

/** Of a row, as if every weight met every place of it. */
function productsOf(layer: tf.layers.Layer, inputs: readonly tf.SymbolicTensor[]): number {
  const places = inputs.map(({ shape }) => shape.slice(1, -1).reduce<number>((all, d) => all * (d ?? few), 1));
  const weights = weightsIn(layer).reduce((sum, weight) => sum + weight.read().size, 0);
  return greatest(places) * Math.max(weights, greatest(inputs.map(({ shape }) => shape.at(-1) ?? 1)));
}

function mixes(layer: tf.layers.Layer, rows: number): boolean {
  const [node] = layer.inboundNodes as unknown as { readonly inputTensors: readonly tf.SymbolicTensor[] }[];
  if (node === undefined || rows < 2 || rows * productsOf(layer, node.inputTensors) > most) return false;
  const fields = new Fields(() => [[layer.name, layer, {}]]);
  const madeUp = (seed: number) =>
    node.inputTensors.map(({ shape, dtype }, k) => {
      const sizes = [rows, ...shape.slice(1).map((d) => d ?? few)];
      return dtype === 'int32'
        ? tf.randomUniform(sizes, 0, 2, 'int32', seed + k).toInt()
        : tf.randomUniform(sizes, 0.1, 0.9, 'float32', seed + k);
    });
  const call = (inputs: tf.Tensor[]) => {
    const output = withSeed(1, () => layer.call(inputs.length === 1 ? inputs[0] : inputs, {}));
    return Array.isArray(output) ? output[0] : output;
  };
  return tf.tidy(() => {
    try {
      return withoutAssigning(() => mixesRows(call, [madeUp(1), madeUp(100)]));
    } catch {
      // Other rows, or what is wrong with it shows when it is used.
      return false;
    } finally {
      fields.restore();
    }
  });
}
