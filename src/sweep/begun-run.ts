import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../errors.ts';
import { checkEmpty } from '../lock/hold-folder.ts';
import { counted } from '../plural.ts';
import { checkSameRun, noteOf, type RunNote, readNote, type SweepResult } from './run-note.ts';
import type { SweepJob } from './sweep-job.ts';

/** What a folder has of a run. */
export interface Begun {
  /** What the run had come to, each time. */
  readonly results: readonly SweepResult[];
  /** Whether it is gone on with. Otherwise it begins anew, and what is in the folder is of no more use. */
  readonly goesOn: boolean;
}

export const hasCheckpoint = (folder: string): boolean => existsSync(join(folder, 'checkpoint'));

/** Looks at a folder and changes nothing. @throws UnequalError where what it holds is not this run's. */
export async function begunRun(job: SweepJob, folder: string): Promise<Begun> {
  // Nothing is known of what has no note, and it may be anyone's. The first file of a run is that of its numbers.
  if (!existsSync(noteOf(folder)) || !existsSync(join(folder, 'metrics.ndjson'))) {
    await checkEmpty(folder);
    return { results: [], goesOn: false };
  }
  const note = await readNote(folder);
  const results = checkSameRun(note, job, folder);
  if (results.some(({ epochs }) => epochs === job.epochs)) return { results, goesOn: true };
  await checkUntouched(note, folder);
  // What died before its first checkpoint begins anew. So does a run whose steps would have been others in a longer one.
  const goesOn = hasCheckpoint(folder) && (!job.byBudget || note.epochs === job.epochs);
  return { results, goesOn };
}

/** @throws UnequalError where somebody has trained the run on: what it has come to is not what the sweep asked for. */
async function checkUntouched({ epochs: asked }: RunNote, folder: string): Promise<void> {
  const file = join(folder, 'config.json');
  if (!existsSync(file)) return;
  const { epochs, seconds } = await read(file);
  if (seconds === undefined && epochs !== undefined && epochs <= asked) return;
  throw fault({
    wrong: `${folder} was trained on outside of the sweep`,
    got: seconds === undefined ? counted(epochs ?? 0, 'epoch') : counted(seconds, 'second'),
    expected: `at most ${counted(asked, 'epoch')}`,
    mend: 'give --out a new folder',
  });
}

/** How long a run was asked to be. */
async function read(file: string): Promise<{ readonly epochs?: number; readonly seconds?: number }> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw fault({
      wrong: `${file} cannot be read`,
      got: (cause as Error).message,
      mend: 'give --out a new folder',
      cause,
    });
  }
}
