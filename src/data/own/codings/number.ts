import { type Cell, daysOf, isMissing, numberOf } from '../cell.ts';
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
}

/** Text where a column has numbers, forced by the user to be one: missing. */
function read(kind: NumberCode['kind'], cell: Cell): number | undefined {
  return isMissing(cell) ? undefined : kind === 'date' ? daysOf(cell) : numberOf(cell);
}

function coding(kind: NumberCode['kind']): Coding<NumberCode> {
  return {
    fit() {
      const moments = new Moments();
      let missing = false;
      return {
        see(cell) {
          const value = read(kind, cell);
          if (value === undefined || !Number.isFinite(value)) missing = true;
          else moments.add(value);
        },
        done: () => ({ kind, mean: moments.mean, std: moments.std, missing }),
      };
    },
    width: ({ missing }) => (missing ? 2 : 1),
    encode({ mean, std }, cell, out, told) {
      const value = read(kind, cell);
      if (value === undefined) told.missing();
      out.push(value === undefined ? Number.NaN : scaled(value, mean, std));
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
