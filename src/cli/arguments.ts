import { InvalidArgumentError, Option } from 'commander';
import type { Engine } from '../fit/options.ts';
import { unknownName } from '../nearest.ts';

/** Options that several commands take, made strict where they are read. */
export const seedOption = () =>
  option('--seed <integer>', 'seeds weights, order and resampling').argParser(integer).default(1);
export const secondsOption = (of: string) => option('--seconds <seconds>', of).argParser(positive);
export const batchSizeOption = () => option('--batch-size <b>', 'samples per update').argParser(natural);
export const rateOption = () => option('--learning-rate <rate>', 'learning rate of the optimizer').argParser(positive);
export const presampleOption = () =>
  option('--presample <ratio>', 'B/b: samples scored for each one trained on').argParser(atLeastOne);
export const samplesOption = () =>
  option('--samples <n>', 'train on a random part of this many samples only').argParser(natural);
export const testSamplesOption = () =>
  option('--test-samples <n>', 'test on a random part of this many samples only').argParser(natural);
export const outOption = () => option('--out <folder>', 'run folder (default: runs/<command>-<time>)');
export const engineOption = () =>
  option('--engine <engine>', 'auto, compiled (ONNX Runtime) or eager (TensorFlow.js)')
    .argParser(choice('engine', ['auto', 'compiled', 'eager'] as const satisfies Engine[]))
    .default('auto');
export const jsonOption = () => option('--json', 'print one JSON object on standard output');
export const quietOption = () => option('--quiet', 'no progress on standard error');
export const methodOption = () =>
  option('--option <name=value>', 'an option of the methods that have it, such as start=1.5; may be repeated')
    .argParser(nameValue)
    .default([], 'none');

export function option(flags: string, description: string): Option {
  return new Option(flags, description);
}

/** One of `names`, with the nearest where it is none. */
export function choice<T extends string>(kind: string, names: readonly T[]): (text: string) => T {
  return (text) => {
    if ((names as readonly string[]).includes(text)) return text as T;
    throw new InvalidArgumentError(unknownName(kind, text, names).message);
  };
}

export function positive(text: string): number {
  return number(text, 'a number > 0', (value) => value > 0);
}

export function natural(text: string): number {
  return number(text, 'a whole number > 0', (value) => Number.isInteger(value) && value > 0);
}

export function integer(text: string): number {
  return number(text, 'a whole number', Number.isSafeInteger);
}

function atLeastOne(text: string): number {
  return number(text, 'a ratio ≥ 1', (value) => value >= 1);
}

function number(text: string, expected: string, accepts: (value: number) => boolean): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && accepts(value)) return value;
  throw new InvalidArgumentError(`Expected ${expected}.`);
}

export type NameValue = readonly [name: string, value: number | boolean | string];

function nameValue(text: string, before: readonly NameValue[]): NameValue[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected name=value.');
  const value = text.slice(at + 1);
  const parsed =
    value === 'true' || value === 'false'
      ? value === 'true'
      : value !== '' && Number.isFinite(Number(value))
        ? Number(value)
        : value;
  return [...before, [text.slice(0, at), parsed]];
}
