import { fault } from '../../errors.ts';
import { unknownName } from '../../nearest.ts';
import { type Check, type Checks, checkedOptions, choice, isPlain, text, trueOrFalse, when } from '../../options.ts';
import { faultOfPreparation } from './check-preparation.ts';
import { type Kind, kinds } from './codings/index.ts';
import type { TablePreparation, Task } from './preparation.ts';

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
  /**
   * How other data was prepared, to prepare this alike: its columns, scales, categories and classes. `target`, `task` and `as` are in it.
   */
  readonly preparation?: TablePreparation;
}

export const tasks: readonly Task[] = ['classification', 'regression'];

const whole = (from: number, to: number): Check =>
  when(
    (value) => Number.isInteger(value) && (value as number) >= from && (value as number) <= to,
    `a whole number from ${from} to ${to}`,
  );
const size = whole(1, 2 ** 20);
const as: Check = (option, value) => {
  if (!isPlain(value)) throw fault({ wrong: `bad ${option}`, got: value, expected: 'a kind for each column by name' });
  for (const [column, kind] of Object.entries(value)) {
    if (!columnKinds.includes(kind as ColumnKind)) throw unknownName(`kind for column ${column}`, kind, columnKinds);
  }
};
const isSize = (value: unknown) =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((one) => Number.isInteger(one) && one > 0 && one <= 2 ** 15);

const checks: Checks<OwnDataOptions> = {
  target: text,
  task: choice(...tasks),
  seed: when((value) => Number.isSafeInteger(value), 'a whole number'),
  testShare: when((value) => typeof value === 'number' && value > 0 && value < 1, 'a number between 0 and 1'),
  test: text,
  skipBroken: trueOrFalse,
  as,
  textColumns: size,
  textLength: size,
  vocabulary: size,
  size: when(isSize, '[height, width]'),
  channels: when((value) => value === 1 || value === 3, '1 or 3'),
  delimiter: when((value) => typeof value === 'string' && /^[^\r\n"]$/u.test(value), 'one character'),
  header: trueOrFalse,
  preparation: (option, value) => {
    const got = faultOfPreparation(value);
    if (got !== undefined) throw fault({ wrong: `bad ${option}`, got, expected: 'the preparation of other data' });
  },
};

/** The options that are given. @throws UnequalError for an option that is none or cannot be. */
export function ownOptions(options: unknown): OwnDataOptions {
  return checkedOptions('ownData', options, checks);
}
