import { fault } from '../errors.ts';
import type { Plan } from './method.ts';

/** @throws UnequalError if the method is used on a stream. */
export function needsLength(method: string, { length }: Plan): void {
  if (length !== undefined) return;
  throw fault({
    wrong: `${method} goes over all samples by their index`,
    got: 'a stream, whose samples have none',
    expected: 'samples of a known length',
    mend: 'use fit(model, samples), or a method that works on streams such as importance() or scsg()',
  });
}

/** @throws UnequalError if an option is not a finite number ≥ `least`, or > it where `strictly`. */
export function atLeast(option: string, value: number, least: number, expected: string, strictly = false): void {
  if (typeof value === 'number' && value < Infinity && (strictly ? value > least : value >= least)) return;
  throw fault({ wrong: `bad ${option}`, got: value, expected });
}
