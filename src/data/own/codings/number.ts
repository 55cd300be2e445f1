import { type Cell, daysOf, isMissing, numberOf, textOf } from '../cell.ts';
import type { Coding } from './coding.ts';
import { Moments, scaled } from './moments.ts';

/** Numbers, or dates as days, made to mean 0 and deviation 1. */
export interface NumberCode {
  readonly kind: 'number' | 'date';
  readonly mean: number;
  /** Of the training rows; 1 where they are all alike. */
  readonly std: number;
  /** Whether a second input says that the number is missing; the first is then 0, the mean. */
  readonly missing: boolean;
  /** Whether what is no such value counts as missing: the user took a column for one that has others too. */
  readonly others: boolean;
}

/** @throws Error where something else stands there, unless `others` are missing. */
function read({ kind, others }: Pick<NumberCode, 'kind' | 'others'>, cell: Cell): number | undefined {
  if (isMissing(cell)) return undefined;
  const value = kind === 'date' ? daysOf(cell) : numberOf(cell);
  if (value === undefined && !others) throw new Error(`'${textOf(cell)}', which is no ${kind}`);
  return value;
}

function coding(kind: NumberCode['kind']): Coding<NumberCode> {
  return {
    fit({ forced }) {
      const moments = new Moments();
      let missing = false;
      return {
        see(cell) {
          const value = read({ kind, others: forced }, cell);
          if (value === undefined || !Number.isFinite(value)) missing = true;
          else moments.add(value);
        },
        done: () => ({ kind, mean: moments.mean, std: moments.std, missing, others: forced }),
      };
    },
    width: ({ missing }) => (missing ? 2 : 1),
    encode(code, cell, out, told) {
      const value = read(code, cell);
      if (value === undefined) told.missing();
      out.push(value === undefined ? Number.NaN : scaled(value, code.mean, code.std));
    },
    expand({ missing }, short, from, xs, to) {
      const value = short[from];
      if (!Number.isNaN(value)) xs[to] = value;
      else if (missing) xs[to + 1] = 1;
      return from + 1;
    },
  };
}

export const numbers = coding('number');
export const dates = coding('date');
