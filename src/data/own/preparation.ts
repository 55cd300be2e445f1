import { fault } from '../../errors.ts';
import { unknownName } from '../../nearest.ts';
import { type Cell, isMissing, nameOf, numberOf, textOf } from './cell.ts';
import { faultOfPreparation } from './check-preparation.ts';
import type { Told } from './codings/coding.ts';
import { type Code, codingOf, widthOf } from './codings/index.ts';
import { scaled } from './codings/moments.ts';
import type { Row } from './table.ts';

/** What a model learns: a class, or numbers. */
export type Task = 'classification' | 'regression';

/** What a model is trained to say. */
export interface Target {
  readonly columns: readonly string[];
  readonly task: Task;
  /** Of classification: the class of every output. */
  readonly classNames?: readonly string[];
  /** Of regression: what was subtracted from each column and what it was divided by; from the training rows. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** A column, and how it becomes inputs. */
export interface PreparedColumn {
  readonly name: string;
  readonly code: Code;
}

/** How samples were drawn for the test: with the same numbers, they are not trained on by what is trained further. */
export interface Drawn {
  readonly seed: number;
  readonly testShare: number;
}

/** How rows of a table become inputs of a model: all of it fitted on the training rows, and saved with the model. */
export interface TablePreparation {
  readonly format: 'table';
  readonly version: 1;
  readonly columns: readonly PreparedColumn[];
  readonly target: Target;
  readonly inputShape: readonly number[];
  /** How many columns the table had, targets too, where they are known by their places alone. */
  readonly unnamed?: number;
  /** Pictures in the cells are decoded to this. */
  readonly picture?: PictureShape;
  /** Absent where the data had a part for the test. */
  readonly drawn?: Drawn;
}

/** How pictures become inputs of a model. */
export interface PicturePreparation {
  readonly format: 'pictures';
  readonly version: 1;
  readonly target: Target;
  readonly inputShape: readonly number[];
  /** Absent where the data had a part for the test. */
  readonly drawn?: Drawn;
}

/** Pixels of a picture. */
export interface PictureShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** How files become inputs and targets: saved with a model, so that `predict` does the same. */
export type Preparation = TablePreparation | PicturePreparation;

/** The short form of a row's inputs. `at` tells where each column of the preparation stands in the row. */
export function encodeRow(
  { columns }: TablePreparation,
  at: readonly number[],
  { cells }: Pick<Row, 'cells'>,
  told: (column: string) => Told,
): Float32Array {
  const out: number[] = [];
  for (const [k, { name, code }] of columns.entries()) {
    try {
      codingOf(code.kind).encode(code, cells[at[k]], out, told(name));
    } catch (error) {
      throw new Error(`column ${name} has ${(error as Error).message}`, { cause: error });
    }
  }
  return Float32Array.from(out);
}

/** Writes the inputs of a short form into `xs` at `to`. */
export function expandRow({ columns }: TablePreparation, short: Float32Array, xs: Float32Array, to: number): void {
  let from = 0;
  let at = to;
  for (const { code } of columns) {
    from = codingOf(code.kind).expand(code, short, from, xs, at);
    at += widthOf(code);
  }
}

/** Where the columns of a preparation are among those of a table. @throws UnequalError with the nearest name. */
export function placesOf(names: readonly string[], columns: readonly string[], table: string): number[] {
  return names.map((name) => {
    const at = columns.indexOf(name);
    if (at < 0) throw unknownName(`column of ${table}`, name, columns);
    return at;
  });
}

/**
 * What stands in the target columns: the class, or the scaled numbers. `undefined` where one is missing.
 * @throws Error where it is no such value.
 */
export function targetOf(target: Target, cells: readonly Cell[]): readonly number[] | undefined {
  if (cells.some(isMissing)) return undefined;
  if (target.classNames !== undefined) {
    const name = nameOf(cells[0]);
    const label = target.classNames.indexOf(name);
    if (label < 0) throw new Error(`the target is '${name}', a class that the training rows do not have`);
    return [label];
  }
  const { mean = [], std = [] } = target;
  return cells.map((cell, k) => {
    const value = numberOf(cell);
    if (value === undefined || !Number.isFinite(value)) throw new Error(`the target is ${textOf(cell)}, no number`);
    return scaled(value, mean[k], std[k]);
  });
}

/** Reads a saved preparation. @throws UnequalError if it is none. */
export function readPreparation(text: string, file: string): Preparation {
  const wrong = (got: string, cause?: unknown) =>
    fault({
      wrong: `${file} does not say how data was prepared`,
      got,
      expected: 'what unequal train has saved',
      cause,
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong((cause as Error).message, cause);
  }
  const got = faultOfPreparation(value);
  if (got !== undefined) throw wrong(got);
  return value as Preparation;
}
