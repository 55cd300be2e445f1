import { fault } from '../errors.ts';

/** @throws UnequalError unless `from` ≤ value ≤ `to`, finite. For factories to call. */
export function checkRange(option: string, value: number, from: number, to: number): void {
  if (value >= from && value <= to && Number.isFinite(value)) return;
  const expected = to === Infinity ? `a number ≥ ${from}` : `a number from ${from} to ${to}`;
  throw fault({ wrong: `bad ${option}`, got: value, expected });
}

/** @throws UnequalError unless the value is finite and above 0. */
export function checkPositive(option: string, value: number): void {
  if (value > 0 && value < Infinity) return;
  throw fault({ wrong: `bad ${option}`, got: value, expected: 'a number > 0' });
}

/** @throws UnequalError unless 0 < value ≤ 1. */
export function checkShare(option: string, value: number): void {
  if (value > 0 && value <= 1) return;
  throw fault({ wrong: `bad ${option}`, got: value, expected: 'a share above 0, at most 1' });
}

/** @throws UnequalError unless the value is a whole number ≥ `from`. */
export function checkInteger(option: string, value: number, from: number): void {
  if (Number.isInteger(value) && value >= from) return;
  throw fault({ wrong: `bad ${option}`, got: value, expected: `a whole number ≥ ${from}` });
}

/** @throws UnequalError unless the value is one of those named. */
export function checkChoice<T extends string>(option: string, value: T, choices: readonly T[]): void {
  if (choices.includes(value)) return;
  throw fault({ wrong: `bad ${option}`, got: value, expected: choices.map((choice) => `'${choice}'`).join(' or ') });
}
