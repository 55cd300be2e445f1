import { fault } from '../errors.ts';
import type { Plan } from './method.ts';

/** @throws UnequalError if a method that goes over all samples is used on a stream. */
export function needsLength(method: string, { length }: Plan): void {
  if (length !== undefined) return;
  throw fault({
    wrong: `${method} goes over all samples by their index`,
    got: 'a stream, whose samples have none',
    expected: 'samples of a known length',
    mend: 'use fit(model, samples), or a method that works on streams such as importance() or scsg()',
  });
}
