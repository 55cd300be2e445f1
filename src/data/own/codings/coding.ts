import type { Cell } from '../cell.ts';

/** What codings may be told of the user's wishes. */
export interface CodingOptions {
  /** Columns that words are hashed to. */
  readonly textColumns: number;
  /** Words of a text that is a sequence of tokens. */
  readonly textLength: number;
  /** Words that have a token of their own. */
  readonly vocabulary: number;
  /** Whether the user says what the column is, whatever else it has. */
  readonly forced: boolean;
}

/** Gathers what a coding needs over the training rows, and makes it. */
export interface Fitter<C> {
  see(cell: Cell): void;
  done(): C;
}

/**
 * How the cells of a column become numbers. What it has fitted on the training rows is plain JSON, saved with the model.
 * A cell is kept in a short form and written out in a batch: one number for a category, and not one for each.
 */
export interface Coding<C extends { readonly kind: string }> {
  fit(options: CodingOptions): Fitter<C>;
  /** How many inputs of the model it makes. */
  width(code: C): number;
  /** The short form, appended to `out`. @throws Error with what is wrong with the cell. */
  encode(code: C, cell: Cell, out: number[], told: Told): void;
  /** Writes the inputs of a short form that begins at `from` into `xs` at `to`, which is zero. @returns where it ends. */
  expand(code: C, short: Float32Array, from: number, xs: Float32Array, to: number): number;
}

/** What happened while rows were encoded that is told afterwards. */
export interface Told {
  /** A value that the training rows did not have. */
  unseen(value: string): void;
  missing(): void;
}
