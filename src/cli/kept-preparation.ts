import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Preparation, readPreparation } from '../data/own/preparation.ts';
import { readText } from '../data/regular-file.ts';
import { fault } from '../errors.ts';
import { writeWhole } from '../whole-file.ts';
import type { TrainingData } from './training-data.ts';

/** How data was prepared, beside `model.json`. */
export const PREPARATION = 'data.json';

/** @param folder of the model. */
export async function keepPreparation({ preparation }: TrainingData, folder: string): Promise<void> {
  await writeWhole(join(folder, PREPARATION), `${JSON.stringify(preparation)}\n`);
}

/** How the data of a model was prepared, where that was kept with it. @throws UnequalError if it cannot be read. */
export async function keptPreparation(folder: string): Promise<Preparation | undefined> {
  const file = join(folder, PREPARATION);
  return existsSync(file) ? readPreparation(await readText(file, 2 ** 30), file) : undefined;
}

/** How the data of a model was prepared that is at `path`: a run folder, a model folder, or a `model.json`. */
export async function preparationBeside(path: string): Promise<{ preparation?: Preparation; folders: string[] }> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
  const folders = isFolder ? [join(path, 'model'), path] : [dirname(path)];
  const folder = folders.find((one) => existsSync(join(one, PREPARATION)));
  return { folders, ...(folder !== undefined && { preparation: await keptPreparation(folder) }) };
}

/** @throws UnequalError where the data is prepared in another way than when the run began: it has changed. */
export async function checkSamePreparation(run: string, { preparation, own }: TrainingData): Promise<void> {
  const file = join(run, 'model', PREPARATION);
  if (!own || !existsSync(file)) return;
  const before = await readText(file, Infinity);
  if (before.trim() === JSON.stringify(preparation)) return;
  throw fault({
    wrong: `${run} cannot be resumed`,
    got: 'other data than the run began with',
    expected: 'the same rows or pictures',
    mend: 'start the run again',
  });
}
