import type { NdArray } from '../data/samples.ts';
import { fault } from '../errors.ts';
import { type CompiledModel, lossNames } from '../learner/model.ts';
import { type Name, sparse } from './inputs.ts';
import { warnOnce } from './warn-once.ts';

/** What the targets of a loss are meant to be. */
interface Range {
  readonly wrong: (output: string, classes: number) => string;
  readonly expected: (classes: number) => string;
  readonly to: (classes: number) => number;
  readonly whole?: boolean;
}

const ranges = new Map<string, Range>([
  [
    sparse,
    {
      wrong: (output) => `the target of ${output} is no class`,
      expected: (classes) => `a whole number from 0 to ${classes - 1}`,
      to: (classes) => classes - 1,
      whole: true,
    },
  ],
  [
    'categoricalCrossentropy',
    {
      wrong: (output, classes) => `the target of ${output} is no distribution over its ${classes} classes`,
      expected: () => 'numbers ≥ 0, such as one-hot rows',
      to: () => Infinity,
    },
  ],
  [
    'binaryCrossentropy',
    {
      wrong: (output) => `the target of ${output} is neither of two classes`,
      expected: () => 'a number from 0 to 1',
      to: () => 1,
    },
  ],
]);

/**
 * Class indices have to be such. Targets that a cross-entropy was not made for are trained on, as by model.fit, after one warning:
 * actions times their advantages, smoothed labels beyond 1.
 *
 * @throws UnequalError naming the first target that is no index of a class of its output.
 */
export function checkLabels(ys: readonly NdArray[], model: CompiledModel, name: Name): void {
  for (const [k, array] of ys.entries()) {
    const odd = firstOdd(model, k, array);
    if (odd === undefined) continue;
    const { range, classes, place } = odd;
    const { message } = fault({
      wrong: range.wrong(model.outputNames[k], classes),
      got: `${array.data[place]} for the sample ${name(Math.floor((place * array.shape[0]) / array.data.length))}`,
      expected: range.expected(classes),
    });
    if (range.whole) {
      const mend = 'where it stands for padding, compile with a loss function that leaves it out';
      throw fault({ wrong: `${message}, ${mend}` });
    }
    warnOnce(model, 'targets', `${message}; it is trained on as it is, as by model.fit`);
  }
}

/** Which target is none that its cross-entropy was made for, in words. */
export function oddTargets(model: CompiledModel, ys: readonly NdArray[]): string | undefined {
  for (const [k, array] of ys.entries()) {
    const odd = firstOdd(model, k, array);
    if (odd) return odd.range.wrong(model.outputNames[k], odd.classes);
  }
  return undefined;
}

function firstOdd(model: CompiledModel, k: number, { data }: NdArray) {
  const classes = model.outputs[k].shape.at(-1);
  const range = ranges.get(lossNames(model)[k] ?? '');
  if (typeof classes !== 'number' || range === undefined) return undefined;
  const to = range.to(classes);
  for (let place = 0; place < data.length; place++) {
    const label = data[place];
    if (!(label >= 0 && label <= to) || (range.whole && !Number.isInteger(label))) return { range, classes, place };
  }
  return undefined;
}
