import { readFile } from 'node:fs/promises';
import { fault } from '../errors.ts';
import { isPlain } from '../options.ts';
import { counted } from '../plural.ts';
import { writeWhole } from '../whole-file.ts';
import type { RunOptions } from './sweep-config.ts';

export interface SweepResult {
  readonly id: number;
  readonly epochs: number;
  readonly seconds: number;
  readonly trainLoss?: number;
  readonly testLoss?: number;
  readonly testError?: number;
}

/**
 * What is kept beside the folder of a run (`run-0.json`), so that a sweep that is started again knows what it has: what the
 * run is of, to how many epochs it has been asked for, and what it had come to each time.
 */
export interface RunNote {
  readonly options: RunOptions;
  readonly epochs: number;
  /** What tells its data from other data. */
  readonly data: string;
  readonly results: readonly SweepResult[];
}

export const noteOf = (folder: string): string => `${folder}.json`;

export async function writeNote(
  folder: string,
  { options, epochs, data }: Omit<RunNote, 'results'>,
  results: readonly SweepResult[],
): Promise<void> {
  await writeWhole(noteOf(folder), `${JSON.stringify({ options, epochs, data, results }, null, 2)}\n`);
}

/** @throws UnequalError for a damaged one. */
export async function readNote(folder: string): Promise<RunNote> {
  const file = noteOf(folder);
  try {
    const { options, epochs, data, results } = JSON.parse(await readFile(file, 'utf8'));
    if (!isPlain(options) || !Number.isSafeInteger(epochs) || typeof data !== 'string' || !Array.isArray(results))
      throw new Error('something else');
    return { options, epochs, data, results: results.map((one) => checkResult(one, one?.id)) } as RunNote;
  } catch (cause) {
    throw fault({
      wrong: `${file} does not say what ${folder} is a run of`,
      got: (cause as Error).message,
      mend: `remove ${folder}, or give --out a new folder`,
      cause,
    });
  }
}

/** @returns what the run had come to. @throws UnequalError where it is of other options or other data, or has been trained for longer. */
export function checkSameRun(
  { options: was, epochs, data, results }: RunNote,
  now: Omit<RunNote, 'results'>,
  folder: string,
): readonly SweepResult[] {
  const mend = 'give --out a new folder, or go back to the sweep that it is of';
  for (const name of new Set([...Object.keys(was), ...Object.keys(now.options)])) {
    const [had, has] = [was, now.options].map((all) =>
      Object.hasOwn(all, name) ? `${name} ${all[name]}` : `no ${name}`,
    );
    if (had !== has) throw fault({ wrong: `${folder} is a run of another sweep`, got: had, expected: has, mend });
  }
  if (data !== now.data) {
    throw fault({
      wrong: `${folder} was trained on other data`,
      got: `${otherSource(now.options)} by now`,
      mend: 'give --out a new folder, or bring the data back',
    });
  }
  if (epochs > now.epochs && !results.some((one) => one.epochs === now.epochs)) {
    const [got, expected] = [epochs, now.epochs].map((count) => counted(count, 'epoch'));
    throw fault({ wrong: `${folder} is a run of a longer sweep`, got, expected, mend });
  }
  return results;
}

/** What a checksum of data and model that is not the same comes of, in words. */
export function otherSource({ data = 'mnist', model }: RunOptions): string {
  const samples = `other samples in ${data}`;
  // The name of a network is no file.
  return /[\\/.]/.test(`${model ?? ''}`) ? `${samples}, or another model in ${model}` : samples;
}

/** @throws UnequalError for what is no result of run `id`. */
export function checkResult(value: unknown, id: number): SweepResult {
  const result = (isPlain(value) ? value : {}) as { [part: string]: unknown };
  const numbers = ['trainLoss', 'testLoss', 'testError'].every((part) =>
    ['number', 'undefined'].includes(typeof result[part]),
  );
  if (result.id === id && typeof result.seconds === 'number' && numbers) return value as SweepResult;
  throw fault({ wrong: `no result of run ${id}`, got: JSON.stringify(value)?.slice(0, 200) });
}
