import { type Cell, isList, type NumberList } from '../cell.ts';
import type { Coding, Fitter } from './coding.ts';
import { Moments, scaled } from './moments.ts';

/** A list of numbers of one shape in each row: an embedding, a window of a series, a picture of bytes. */
export interface ListCode {
  readonly kind: 'list' | 'picture';
  readonly shape: readonly number[];
  /** Of each number of a flat list; one for all of a list of lists; 0 and 255 for the bytes of a picture. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

function coding(kind: ListCode['kind']): Coding<ListCode> {
  return {
    fit(): Fitter<ListCode> {
      let shape: readonly number[] = [];
      let moments: Moments[] = [];
      return {
        see(cell) {
          // A row with a number that is none is refused when it is encoded.
          if (!isList(cell) || Array.prototype.some.call(cell.data, (x) => !Number.isFinite(x))) return;
          shape = cell.shape;
          if (kind === 'picture') return;
          if (moments.length === 0)
            moments = Array.from({ length: shape.length === 1 ? shape[0] : 1 }, () => new Moments());
          for (let k = 0; k < cell.data.length; k++) moments[k % moments.length].add(cell.data[k]);
        },
        done: () =>
          kind === 'picture'
            ? { kind, shape: shape.length === 2 ? [...shape, 1] : shape, mean: [0], std: [255] }
            : { kind, shape, mean: moments.map(({ mean }) => mean), std: moments.map(({ std }) => std) },
      };
    },
    width: ({ shape }) => sizeOf(shape),
    encode({ shape, mean, std }, cell, out) {
      const { data } = listOf(cell, shape);
      for (let k = 0; k < data.length; k++) {
        const at = k % mean.length;
        out.push(scaled(data[k], mean[at], std[at]));
      }
    },
    expand({ shape }, short, from, xs, to) {
      const size = sizeOf(shape);
      xs.set(short.subarray(from, from + size), to);
      return from + size;
    },
  };
}

export const lists = coding('list');
export const byteLists = coding('picture');

/** How many numbers a shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, d) => product * d, 1);
}

function listOf(cell: Cell, shape: readonly number[]): NumberList {
  if (!isList(cell)) throw new Error(`no list of [${shape.join(', ')}] numbers`);
  if (cell.data.length !== sizeOf(shape)) {
    throw new Error(`a list of [${cell.shape.join(', ')}], not [${shape.join(', ')}]`);
  }
  return cell;
}
