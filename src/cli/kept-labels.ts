import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../data/regular-file.ts';
import { fault } from '../errors.ts';
import { writeWhole } from '../whole-file.ts';
import type { DataArguments } from './data-options.ts';

const NAME = 'labels.csv';
/** Bytes of a file of labels. */
const most = 2 ** 28;

/** Keeps the file of `--labels` in the run folder: whoever goes on with the run must have the same labels. */
export async function keepLabels({ labels }: DataArguments, folder: string): Promise<void> {
  if (labels !== undefined) await writeWhole(join(folder, NAME), await readText(labels, most));
}

/**
 * The arguments of a run that is gone on with: its labels are those it began with, also where their file is gone.
 * @throws UnequalError naming the first line that has become another.
 */
export async function withKeptLabels<T extends DataArguments>(args: T, folder: string): Promise<T> {
  const kept = join(folder, NAME);
  if (args.labels === undefined || !existsSync(kept)) return args;
  if (existsSync(args.labels)) {
    const [before, now] = await Promise.all([kept, args.labels].map((file) => readText(file, most)));
    if (before !== now) throw changed(args.labels, folder, before.split(/\r?\n/), now.split(/\r?\n/));
  }
  return { ...args, labels: kept };
}

function changed(file: string, folder: string, before: readonly string[], now: readonly string[]) {
  const longer = before.length > now.length ? before : now;
  const k = longer.findIndex((_, line) => before[line] !== now[line]);
  const shown = (line: string | undefined) => (line === undefined || line === '' ? 'nothing' : `'${line}'`);
  return fault({
    wrong: `${folder} cannot be resumed: ${file} has other labels than it began with`,
    got: `${shown(now[k])} in line ${k + 1}`,
    expected: shown(before[k]),
    mend: 'start the run again with the new labels',
  });
}
