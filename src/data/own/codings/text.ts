import { hash, words } from '../../hashed-text.ts';
import { type Cell, isMissing, textOf } from '../cell.ts';
import type { Coding } from './coding.ts';

/** A text as a hashed bag of words, as `HashedText` has it: `(1 + ln tf) · idf`, scaled to length 1. */
export interface TextCode {
  readonly kind: 'text';
  readonly columns: number;
  /** ln((1 + n) / (1 + df)) + 1 of every column, over the n training rows. */
  readonly idf: readonly number[];
}

export const texts: Coding<TextCode> = {
  fit({ textColumns: columns }) {
    const rows = new Float64Array(columns);
    let n = 0;
    return {
      see(cell) {
        n++;
        for (const column of bag(cell, columns).keys()) rows[column]++;
      },
      done: () => ({ kind: 'text', columns, idf: Array.from(rows, (df) => Math.log((1 + n) / (1 + df)) + 1) }),
    };
  },
  width: ({ columns }) => columns,
  encode({ columns, idf }, cell, out, told) {
    if (isMissing(cell)) told.missing();
    const entries = [...bag(cell, columns)].map(([column, tf]) => [column, (1 + Math.log(tf)) * idf[column]] as const);
    const length = Math.sqrt(entries.reduce((sum, [, value]) => sum + value * value, 0));
    out.push(entries.length);
    for (const [column, value] of entries) out.push(column, value / length);
  },
  expand(_, short, from, xs, to) {
    const end = from + 1 + 2 * short[from];
    for (let k = from + 1; k < end; k += 2) xs[to + short[k]] = short[k + 1];
    return end;
  },
};

function bag(cell: Cell, columns: number): Map<number, number> {
  const found = new Map<number, number>();
  if (isMissing(cell)) return found;
  for (const word of words(textOf(cell))) {
    const column = hash(word) % columns;
    found.set(column, (found.get(column) ?? 0) + 1);
  }
  return found;
}

/** A text as the numbers of its first words, for a model that begins with an embedding. */
export interface TokensCode {
  readonly kind: 'tokens';
  readonly length: number;
  /** The most frequent words of the training rows: the first has number 2. 0 fills up, 1 is any other word. */
  readonly vocabulary: readonly string[];
}

export const tokens: Coding<TokensCode> = {
  fit({ textLength: length, vocabulary: most }) {
    const counts = new Map<string, number>();
    return {
      see(cell) {
        if (isMissing(cell)) return;
        for (const word of words(textOf(cell))) counts.set(word, (counts.get(word) ?? 0) + 1);
        // Words that came once make way long before they fill the memory.
        if (counts.size > 50 * most + 1e6) for (const [word, n] of counts) if (n === 1) counts.delete(word);
      },
      done: () => {
        const ordered = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
        return { kind: 'tokens', length, vocabulary: ordered.slice(0, most).map(([word]) => word) };
      },
    };
  },
  width: ({ length }) => length,
  encode(code, cell, out, told) {
    const { length } = code;
    if (isMissing(cell)) told.missing();
    const found = isMissing(cell) ? [] : words(textOf(cell)).slice(0, length);
    const known = numbersOf(code);
    for (let k = 0; k < length; k++) out.push(k < found.length ? (known.get(found[k]) ?? 1) : 0);
  },
  expand({ length }, short, from, xs, to) {
    xs.set(short.subarray(from, from + length), to);
    return from + length;
  },
};

const known = new WeakMap<TokensCode, Map<string, number>>();

function numbersOf(code: TokensCode): Map<string, number> {
  let numbers = known.get(code);
  if (numbers === undefined) {
    numbers = new Map(code.vocabulary.map((word, k) => [word, k + 2]));
    known.set(code, numbers);
  }
  return numbers;
}
