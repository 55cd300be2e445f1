import { CommanderError } from 'commander';
import { fault } from '../errors.ts';
import { unknownName } from '../nearest.ts';
import { flagOf, type RunOptions, type SweepConfig, type Value } from '../sweep/sweep-config.ts';
import type { Io } from './io.ts';
import { type TrainOptions, trainCommand } from './train.ts';

const nothing: Io = {
  stdout: { write: () => {} },
  stderr: { write: () => {} },
  signal: new AbortController().signal,
};

/** What `unequal train` makes of words, by its own parser. @throws CommanderError for what it would refuse. */
function parsed(words: readonly string[]): TrainOptions {
  let found: TrainOptions | undefined;
  trainCommand(nothing, () => {})
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .action((options: TrainOptions) => {
      found = options;
    })
    .parse(words, { from: 'user' });
  return found!;
}

/** What `unequal train` makes of the options of a run. */
export const trainOptionsOf = (options: RunOptions): TrainOptions => parsed(Object.entries(options).flatMap(flagOf));

function accepts(words: readonly string[]): boolean {
  try {
    parsed(words);
    return true;
  } catch {
    return false;
  }
}

/** Whether an option takes whole numbers alone. */
export const isWhole = (option: string): boolean =>
  accepts([`--${option}`, '2']) && !accepts([`--${option}`, '2.5']) && !accepts([`--${option}`, '0.5']);

/** @throws UnequalError for an option that `unequal train` does not have: each run would fail by it. */
export function checkNames({ train, vary }: SweepConfig, path: string): void {
  const names = trainCommand(nothing, () => {}).options.map(({ long }) => `${long}`.slice(2));
  const unknown = [...Object.keys(train), ...Object.keys(vary)].find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownName(`option of unequal train in ${path}`, unknown, names);
}

/** @throws UnequalError for the first value of some runs that `unequal train` would refuse. */
export function checkValues(runs: readonly RunOptions[], path: string): void {
  const seen = new Set<string>();
  for (const entry of runs.flatMap((options) => Object.entries(options))) {
    const key = JSON.stringify(entry);
    if (!seen.has(key)) checkValue(entry, path);
    seen.add(key);
  }
}

function checkValue([name, value]: readonly [string, Value], path: string): void {
  try {
    // An option that is left out must be one that takes no value, too.
    parsed(flagOf([name, typeof value === 'boolean' ? true : value]));
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    throw fault({
      wrong: `bad ${name} in ${path}`,
      got: value,
      expected: 'what unequal train takes',
      mend: error.message.replace(/^error: /, ''),
    });
  }
}
