import { InvalidArgumentError, Option } from 'commander';
import type { Engine } from '../fit/options.ts';
import { type WrittenValue, writtenValue } from '../methods/written-options.ts';
import { unknownName } from '../nearest.ts';

/** What a number may be. */
interface Numbers {
  readonly takes: string;
  readonly expected: string;
  readonly accepts: (value: number) => boolean;
}

/** Larger ones are no sizes of anything here, and a list of so many would fill the memory. */
const most = 2 ** 31 - 1;
const count = (takes: string, limit = most): Numbers => ({
  takes,
  expected: `a whole number > 0${limit < most ? `, at most ${limit}` : ''}`,
  accepts: (value) => Number.isInteger(value) && value > 0 && value <= limit,
});

/** The numbers of all commands, by the name of the option. */
const numbers = {
  seconds: { takes: '<seconds>', expected: 'a number > 0', accepts: (value) => value > 0 },
  seed: { takes: '<integer>', expected: 'a whole number', accepts: Number.isSafeInteger },
  seeds: count('<n>', 10_000),
  epochs: count('<n>'),
  steps: count('<n>'),
  samples: count('<n>'),
  'test-samples': count('<n>'),
  'batch-size': count('<b>'),
  'checkpoint-every': count('<steps>'),
  'learning-rate': { takes: '<rate>', expected: 'a number > 0', accepts: (value) => value > 0 },
  times: { takes: '<factor>', expected: 'a number > 0', accepts: (value) => value > 0 },
  workers: count('<n>', 64),
  every: count('<steps>'),
  port: {
    takes: '<port>',
    expected: 'a whole number from 0 to 65535',
    accepts: (value) => Number.isInteger(value) && value >= 0 && value < 65536,
  },
  parallel: count('<n>', 64),
  most: count('<n>', 10_000),
  presample: { takes: '<ratio>', expected: 'a ratio ≥ 1', accepts: (value) => value >= 1 },
} satisfies { [option: string]: Numbers };

/** An option that takes a number of the table. */
export function numberOption(name: keyof typeof numbers, description: string): Option {
  const { takes, expected, accepts }: Numbers = numbers[name];
  return option(`--${name} ${takes}`, description).argParser((text) => number(text, expected, accepts));
}

/** Options that several commands take, made strict where they are read. */
export const seedOption = () => numberOption('seed', 'seeds weights, order and resampling').default(1);
export const secondsOption = (of: string) => numberOption('seconds', of);
export const batchSizeOption = () => numberOption('batch-size', 'samples per update');
export const rateOption = () => numberOption('learning-rate', 'learning rate of the optimizer');
export const presampleOption = () => numberOption('presample', 'B/b: samples scored for each one trained on');
export const samplesOption = () => numberOption('samples', 'train on a random part of this many samples only');
export const testSamplesOption = () => numberOption('test-samples', 'test on a random part of this many samples only');
export const outOption = () => pathOption('--out <folder>', 'run folder (default: runs/<command>-<time>)');
export const engineOption = () =>
  option('--engine <engine>', 'auto, compiled (ONNX Runtime) or eager (TensorFlow.js)')
    .argParser(choice('engine', ['auto', 'compiled', 'eager'] as const satisfies Engine[]))
    .default('auto');
export const jsonOption = () => option('--json', 'print one JSON object on standard output');
export const quietOption = () => option('--quiet', 'no progress on standard error');
export const watchOption = () => option('--watch', 'draw the validation curve in the terminal while it grows');
export const serveOption = () =>
  option('--serve', 'serve the report to this machine alone while the run goes on; the address is printed');
export const headerOption = () => option('--header', 'the first line of a CSV file has names (default: found out)');
export const noHeaderOption = () => option('--no-header', 'the first line of a CSV file is a row');
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

/** An option that takes the path of a file or folder. */
export function pathOption(flags: string, description: string): Option {
  return option(flags, description).argParser((text) => {
    if (text.trim() !== '' && !text.includes('\0')) return text;
    throw new InvalidArgumentError('Expected a path.');
  });
}

/** An option that takes a name, an address or another word: anything but nothing. */
export const wordOption = (flags: string, description: string): Option =>
  option(flags, description).argParser((text) => {
    if (text !== '' && !text.includes('\0')) return text;
    throw new InvalidArgumentError('Expected a word.');
  });

const decimal = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

function number(text: string, expected: string, accepts: (value: number) => boolean): number {
  const value = decimal.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value) && accepts(value)) return value;
  throw new InvalidArgumentError(`Expected ${expected}.`);
}

/** Numbers > 0 with commas between. */
export function positives(text: string): number[] {
  return text.split(',').map((part) => number(part, 'numbers > 0 with commas between', (value) => value > 0));
}

export type NameValue = readonly [name: string, value: WrittenValue];

function nameValue(text: string, before: readonly NameValue[]): NameValue[] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected name=value.');
  return [...before, [text.slice(0, at), writtenValue(text.slice(at + 1))]];
}
