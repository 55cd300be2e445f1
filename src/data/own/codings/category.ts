import { isMissing, nameOf } from '../cell.ts';
import type { Coding } from './coding.ts';

/** Few different values, one input each: 1 for the one that stands there. */
export interface CategoryCode {
  readonly kind: 'category';
  /** Those of the training rows, in order; a value that is not among them is all zeros. */
  readonly values: readonly string[];
  /** Whether the last input says that the value is missing. */
  readonly missing: boolean;
}

export const categories: Coding<CategoryCode> = {
  fit() {
    const values = new Set<string>();
    let missing = false;
    return {
      see(cell) {
        if (isMissing(cell)) missing = true;
        else values.add(nameOf(cell));
      },
      done: () => ({ kind: 'category', values: [...values].sort(inOrder), missing }),
    };
  },
  width: ({ values, missing }) => values.length + (missing ? 1 : 0),
  encode(code, cell, out, told) {
    const { values, missing } = code;
    if (isMissing(cell)) {
      told.missing();
      out.push(missing ? values.length : -1);
      return;
    }
    const value = nameOf(cell);
    const at = placesOf(code).get(value) ?? -1;
    if (at < 0) told.unseen(value);
    out.push(at);
  },
  expand(_, short, from, xs, to) {
    if (short[from] >= 0) xs[to + short[from]] = 1;
    return from + 1;
  },
};

const places = new WeakMap<CategoryCode, Map<string, number>>();

function placesOf(code: CategoryCode): Map<string, number> {
  let known = places.get(code);
  if (known === undefined) {
    known = new Map(code.values.map((value, k) => [value, k]));
    places.set(code, known);
  }
  return known;
}

/** Numbers by size, before text by its letters. */
export function inOrder(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}
