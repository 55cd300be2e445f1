import type { NdArray } from '../data/samples.ts';
import { fault } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';
import { type CompiledModel, lossNames } from '../learner/model.ts';
import { inputSlots, type Slot, sparse, targetSlots } from './inputs.ts';

/**
 * @param indices the samples' own, for errors; their positions by default.
 * @throws UnequalError naming the first samples whose numbers are not finite, or whose targets are no classes.
 */
export function checkNumbers(
  model: CompiledModel,
  { xs, ys }: Pick<ModelBatch, 'xs' | 'ys'>,
  indices?: ArrayLike<number>,
): void {
  const name = (row: number): number => indices?.[row] ?? row;
  checkFinite(xs, inputSlots(model), 'input', name);
  checkFinite(ys, targetSlots(model), 'target', name);
  checkLabels(ys, model, name);
}

/** What a sample is called, by its row. */
type Name = (row: number) => number;

/** @throws UnequalError naming the first samples of `arrays` that hold a NaN or an infinity. */
function checkFinite(arrays: readonly NdArray[], slots: readonly Slot[], what: 'input' | 'target', name: Name): void {
  for (const [k, { data, shape }] of arrays.entries()) {
    if (!(data instanceof Float32Array)) continue;
    // A sum is finite unless a term is not, up to overflow, which the search below then clears up.
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += data[i];
    if (Number.isFinite(sum)) continue;
    const width = data.length / shape[0];
    const bad = new Set<number>();
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) bad.add(Math.floor(i / width));
    if (bad.size === 0) continue;
    throw fault({
      wrong: `the ${what} ${slots[k].name} is not finite`,
      got: `NaN or infinity in the samples ${listed([...bad].map(name))}`,
      expected: 'finite numbers',
      mend: 'mend or leave out these samples',
    });
  }
}

/** @throws UnequalError naming the first targets that are no class of their output. */
function checkLabels(ys: readonly NdArray[], model: CompiledModel, name: Name): void {
  const losses = lossNames(model);
  for (const [k, { data, shape }] of ys.entries()) {
    const classes = model.outputs[k].shape.at(-1);
    if (typeof classes !== 'number') continue;
    const width = data.length / shape[0];
    if (losses[k] === sparse) {
      const bad = data.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
      if (bad < 0) continue;
      throw fault({
        wrong: `the target of ${model.outputNames[k]} is no class`,
        got: `${data[bad]} for the sample ${name(Math.floor(bad / width))}`,
        expected: `a whole number from 0 to ${classes - 1}`,
      });
    }
    if (losses[k] === 'categoricalCrossentropy') {
      const bad = data.findIndex((share) => share < 0);
      if (bad < 0) continue;
      throw fault({
        wrong: `the target of ${model.outputNames[k]} is no distribution over its ${classes} classes`,
        got: `${data[bad]} for the sample ${name(Math.floor(bad / width))}`,
        expected: 'numbers ≥ 0, such as one-hot rows',
      });
    }
    if (losses[k] === 'binaryCrossentropy') {
      const bad = data.findIndex((share) => !(share >= 0 && share <= 1));
      if (bad < 0) continue;
      throw fault({
        wrong: `the target of ${model.outputNames[k]} is neither of two classes`,
        got: `${data[bad]} for the sample ${name(Math.floor(bad / width))}`,
        expected: 'a number from 0 to 1',
      });
    }
  }
}

function listed(indices: readonly number[]): string {
  const head = indices.slice(0, 8).join(', ');
  return indices.length > 8 ? `${head}, … (${indices.length} in all)` : head;
}
