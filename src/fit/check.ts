import type * as tf from '@tensorflow/tfjs';
import type { NdArray } from '../data/samples.ts';
import { fault } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import { hasOwnLoss } from '../learner/loss.ts';
import type { CompiledModel } from '../learner/model.ts';
import { isOwnLayer } from '../learner/user-code.ts';
import { checkLabels } from './check-labels.ts';
import { inputSlots, type Name, type Slot, targetSlots } from './inputs.ts';

/**
 * One pass over the numbers, which takes no memory where all is well.
 *
 * @param name what a sample is called in errors.
 * @throws UnequalError naming the first samples whose numbers are not finite, or whose targets are no classes; those of a layer or
 * a loss of the user's may be anything.
 */
export function checkNumbers(
  model: CompiledModel,
  { xs, ys }: Pick<ModelBatch, 'xs' | 'ys'>,
  name: Name = (row) => row,
): void {
  // A layer or a loss of the user's may take NaN for what is not known.
  checkFinite(xs, inputSlots(model), 'input', name, (k) => goesToOwnLayers(model, k));
  checkFinite(ys, targetSlots(model), 'target', name, (k) => hasOwnLoss(model, k));
  checkIndices(xs, model, name);
  checkLabels(ys, model, name);
}

/** Whether all layers that an input goes to are the user's own. */
function goesToOwnLayers(model: CompiledModel, k: number): boolean {
  const layers = (model as unknown as { readonly layers: readonly Taking[] }).layers.filter(
    (layer) => takes(layer, model.inputs[k]) && layer.getClassName() !== 'InputLayer',
  );
  return layers.length > 0 && layers.every((layer) => isOwnLayer(layer as unknown as tf.layers.Layer));
}

interface Taking {
  getClassName(): string;
  readonly inboundNodes: readonly { readonly inputTensors: readonly unknown[] }[];
}

const takes = (layer: Taking, input: unknown): boolean =>
  layer.inboundNodes.some(({ inputTensors }) => inputTensors.includes(input));

/**
 * @param isFree whether an array may hold anything; asked of those alone that do.
 * @throws UnequalError naming the first samples of `arrays` that hold a NaN or an infinity.
 */
function checkFinite(
  arrays: readonly NdArray[],
  slots: readonly Slot[],
  what: 'input' | 'target',
  name: Name,
  isFree: (k: number) => boolean,
): void {
  for (const [k, { data, shape }] of arrays.entries()) {
    if (!(data instanceof Float32Array) || hasFiniteSum(data) || isFree(k)) continue;
    const width = data.length / shape[0];
    const bad = new Set<number>();
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) bad.add(Math.floor(i / width));
    throw fault({
      wrong: `the ${what} ${slots[k].name} is not finite`,
      got: `NaN or infinity in the samples ${listed([...bad].map(name))}`,
      expected: 'finite numbers',
      mend: `mend or leave out these samples; for what is missing put a number that the loss or a layer masks${what === 'target' ? ', or compile with a loss function that leaves NaN out' : ''}`,
    });
  }
}

/**
 * A sum of doubles is finite unless a term is not: single-precision numbers that overflow it would not fit in memory. Four sums
 * take a quarter of the time of one, whose additions wait for each other.
 */
function hasFiniteSum(data: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = data.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += data[i];
    b += data[i + 1];
    c += data[i + 2];
    d += data[i + 3];
  }
  for (let i = whole; i < data.length; i++) a += data[i];
  // Sums of opposite signs cannot become finite by being added.
  return Number.isFinite(a + b + c + d);
}

interface Embedding extends Taking {
  readonly name: string;
  readonly inputDim: number;
}

/** @throws UnequalError naming the first sample with an index that an embedding of its input has no row for. */
function checkIndices(xs: readonly NdArray[], model: CompiledModel, name: Name): void {
  for (const layer of (model as unknown as { readonly layers: readonly Embedding[] }).layers) {
    if (layer.getClassName() !== 'Embedding') continue;
    for (const [k, { data, shape }] of xs.entries()) {
      if (!takes(layer, model.inputs[k])) continue;
      // A number is cut to a whole one, as in a cast to int32.
      const bad = data.findIndex((value) => value <= -1 || value >= layer.inputDim);
      if (bad < 0) continue;
      throw fault({
        wrong: `the input ${model.inputNames[k]} has an index that the embedding ${layer.name} has no row for`,
        got: `${data[bad]} in the sample ${name(Math.floor((bad * shape[0]) / data.length))}`,
        expected: `0 to ${layer.inputDim - 1}`,
        mend: 'give what is missing or unknown an index of its own, and count it in inputDim',
      });
    }
  }
}

function listed(indices: readonly number[]): string {
  const head = indices.slice(0, 8).join(', ');
  return indices.length > 8 ? `${head}, … (${indices.length} in all)` : head;
}
