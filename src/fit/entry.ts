import * as tf from '@tensorflow/tfjs';
import type { Rows } from '../data/samples.ts';
import { fault } from '../errors.ts';
import type { CompiledModel } from '../learner/model.ts';
import { counted } from '../plural.ts';
import { inputSlots, isOne, isUntyped, targetSlots } from './inputs.ts';

/**
 * @param to what was given the data.
 * @throws UnequalError if it is a stream: `fitDataset` is for these, and nothing else.
 */
export function refuseStream(data: unknown, to = 'fit'): void {
  const { iterator, length } = (data ?? {}) as { iterator?: unknown; length?: unknown };
  if (typeof iterator !== 'function' || data instanceof tf.Tensor || typeof length === 'number') return;
  throw fault({
    wrong: `a stream was given to ${to}`,
    got: 'a tf.data.Dataset, or something else with an iterator',
    ...(to === 'fit'
      ? { expected: 'tensors x and y, or Samples', mend: 'call fitDataset(model, dataset, args)' }
      : { expected: 'samples of a known length', mend: 'take some thousand of the stream as arrays or Samples' }),
  });
}

/** @throws UnequalError if rows are JavaScript arrays of numbers, which may mean a batch or a list of inputs. */
export function refuseNested(rows: unknown, what: 'input' | 'target'): void {
  const parts =
    isOne(rows) || isUntyped(rows) || rows === null || typeof rows !== 'object' ? [rows] : Object.values(rows);
  for (const part of parts) {
    if (!Array.isArray(part) && typeof part !== 'number') continue;
    throw fault({
      wrong: `the ${what}s are a JavaScript array`,
      got: Array.isArray(part) ? 'an array of arrays' : 'an array of numbers',
      expected: 'a tensor, or { data, shape, dtype }',
      mend: 'make a tensor of it: tf.tensor(…)',
    });
  }
}

/** An element of a stream as inputs and targets. @throws UnequalError that says what it is, if it is not { xs, ys }. */
export function streamElement(model: CompiledModel, element: unknown): { xs: Rows; ys: Rows } {
  const { xs, ys } = (isPlain(element) ? element : {}) as { xs?: Rows; ys?: Rows };
  if (xs === undefined || ys === undefined) {
    throw fault({
      wrong: 'a stream element without xs or ys',
      got: describe(element),
      expected: '{ xs, ys }',
      mend: 'map the dataset, e.g. tf.data.zip({ xs: inputs, ys: targets })',
    });
  }
  if ((element as { sampleWeight?: unknown }).sampleWeight !== undefined) {
    throw fault({
      wrong: 'a stream element with a sampleWeight, which fitDataset does not take',
      expected: '{ xs, ys }',
      mend: 'use classWeight, or fit(model, samples) with a sampleWeight in each batch',
    });
  }
  for (const [rows, slots] of [
    [xs, inputSlots(model)],
    [ys, targetSlots(model)],
  ] as const) {
    const parts = Array.isArray(rows) && !isNumbers(rows) ? rows : [rows];
    // A dictionary may be in another order than the model.
    const placed = isPlain(rows)
      ? Object.entries(rows).map(([name, part]) => [part, slots.find((slot) => slot.name === name)] as const)
      : parts.map((part, k) => [part, slots[k]] as const);
    for (const [part, slot] of placed) {
      const shape = slot?.shape ?? [];
      // Targets and inputs of one number may come as [batch].
      const isColumn = part instanceof tf.Tensor && part.rank === 1 && (shape[1] ?? 1) === 1;
      const lacksAxis = part instanceof tf.Tensor && shape.length > 1 && part.rank < shape.length && !isColumn;
      if (isNumbers(part) || typeof part === 'number' || lacksAxis) {
        throw fault({
          wrong: 'a stream element that is one sample, not a batch',
          got: `${rows === xs ? 'xs' : 'ys'}: ${describe(part)}`,
          expected: `batches, ${slot ? `[batch, ${slot.shape.slice(1).map((n) => n ?? '*')}]` : 'with a first axis of samples'}`,
          mend: 'call dataset.batch(size)',
        });
      }
    }
  }
  return { xs, ys };
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isOne(value);

const isNumbers = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every((x) => typeof x === 'number');

function describe(value: unknown): string {
  if (value instanceof tf.Tensor) return `a tensor [${value.shape}]`;
  if (Array.isArray(value))
    return isNumbers(value) ? `an array of ${counted(value.length, 'number')}` : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `{ ${Object.keys(value).join(', ')} }`;
  return String(value);
}
