import { fault } from '../../errors.ts';
import { unknownName } from '../../nearest.ts';
import { type Kind, kinds } from './codings/index.ts';
import type { Task } from './preparation.ts';

/** What a column is to be taken for; `ignore` leaves it out. */
export type ColumnKind = Kind | 'ignore';
export const columnKinds: readonly ColumnKind[] = [...kinds, 'ignore'];

/** How own data becomes samples. Everything that is left out is guessed, and what was guessed is in `notes`. */
export interface OwnDataOptions {
  /** The column to be predicted, or several with commas between them. Default: one named label, target, …, or the last. */
  readonly target?: string;
  /** Default: regression where the target has numbers that are not few whole ones. */
  readonly task?: Task;
  /** Seeds the split. Default 1. */
  readonly seed?: number;
  /** Share of the samples that is kept for the test where the data is not split. Default 0.2. */
  readonly testShare?: number;
  /** A file, folder or pattern with the test samples. */
  readonly test?: string;
  /** Leave out what cannot be read, and list it in `skipped`, instead of ending with an error. */
  readonly skipBroken?: boolean;
  /** What columns are, where the guess is not right: `{ zip: 'category', id: 'ignore' }`. */
  readonly as?: { readonly [column: string]: ColumnKind };
  /** Inputs that the words of a text are hashed to. Default 2,048. */
  readonly textColumns?: number;
  /** First words of a text that are read where it is `tokens`. Default 128. */
  readonly textLength?: number;
  /** Words with a token of their own. Default 20,000. */
  readonly vocabulary?: number;
  /** Height and width of pictures. Default: their own where all have one of at most 96, else 64. */
  readonly size?: readonly [height: number, width: number];
  /** Channels of pictures. Default: 1 where all are gray. */
  readonly channels?: 1 | 3;
  /** What stands between cells of a CSV file. Default: found out. */
  readonly delimiter?: string;
  /** Whether the first line of a CSV file has the names of the columns. Default: found out. */
  readonly header?: boolean;
}

/** @throws UnequalError for an option that is none or cannot be. */
export function checkOwnOptions(options: OwnDataOptions): void {
  const { task, seed = 1, testShare = 0.2, as = {}, textColumns = 1, textLength = 1, vocabulary = 1 } = options;
  for (const name of Object.keys(options)) if (!names.includes(name)) throw unknownName('option', name, names);
  if (task !== undefined && !tasks.includes(task)) throw unknownName('task', task, tasks);
  if (!Number.isSafeInteger(seed)) throw fault({ wrong: 'seed is none', got: seed, expected: 'a whole number' });
  if (!(testShare > 0 && testShare < 1)) {
    throw fault({ wrong: 'testShare is none', got: testShare, expected: 'a number between 0 and 1' });
  }
  for (const [column, kind] of Object.entries(as)) {
    if (!columnKinds.includes(kind)) throw unknownName(`kind for column ${column}`, kind, columnKinds);
  }
  for (const [name, value] of Object.entries({ textColumns, textLength, vocabulary })) {
    if (!(Number.isInteger(value) && value > 0 && value <= 2 ** 20)) {
      throw fault({ wrong: `${name} is none`, got: value, expected: `a whole number from 1 to ${2 ** 20}` });
    }
  }
}

export const tasks: readonly Task[] = ['classification', 'regression'];
const names = [
  ...['target', 'task', 'seed', 'testShare', 'test', 'skipBroken', 'as', 'textColumns', 'textLength', 'vocabulary'],
  ...['size', 'channels', 'delimiter', 'header'],
];
