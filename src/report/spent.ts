import { greatest, least } from '../extent.ts';
import { duration, many } from './format.ts';
import { type MethodRecord, secondsOf, stepsOf } from './record.ts';

/** Times that differ by less are the same but for the last step. */
const alikeTimes = 1.02;

/** Whether two times of training are not the same. */
export const differ = (one: number, other: number) => Math.max(one, other) > alikeTimes * Math.min(one, other);

/** How long each was trained: one time, or from the shortest to the longest where they differ. */
export function span(methods: readonly MethodRecord[]): string {
  const seconds = methods.map(secondsOf);
  const [first, last] = [least(seconds), greatest([0, ...seconds])];
  return differ(first, last) ? `${duration(first)} to ${duration(last)}` : duration(last);
}

/** Where one makes this many times as many steps as another, it is not only what they do that is compared. */
const uneven = 2;

/** Rates are ranked by what came of them in a time: a busy machine may have given one more of it than another. */
export function unevenSteps(trained: readonly MethodRecord[]): string[] {
  const [fewest, ...others] = [...trained].sort((a, b) => stepsOf(a) - stepsOf(b));
  const most = others.at(-1)!;
  if (stepsOf(most) <= uneven * stepsOf(fewest)) return [];
  const [some, more] = [fewest, most].map((method) => `${many(stepsOf(method), 'step')} by ${method.name}`);
  return [
    `They differ in steps too: ${some}; ${more}. Where a step of each does the same work, the machine was busy, and the order may be that of the steps; race again for longer.`,
  ];
}
