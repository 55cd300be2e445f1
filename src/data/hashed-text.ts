import { checkIndices, oneHot } from './images.ts';
import type { LabelledBatch, LabelledSamples } from './labelled.ts';

export interface HashedTextInit {
  readonly name: string;
  readonly texts: readonly string[];
  readonly labels: Uint8Array;
  readonly classNames: readonly string[];
  /** How many columns words are hashed to. */
  readonly columns: number;
  /** ln((1 + n) / (1 + df)) + 1 of every column; default that of these texts. */
  readonly idf?: Float64Array;
}

/**
 * Texts as hashed bags of words. Of a text in which the words of column j come tf times, the input is
 * `(1 + ln tf) · idf_j`, scaled to length 1; `idf_j = ln((1 + n) / (1 + df_j)) + 1` for df of the n training texts.
 * Sparse in memory, 8 bytes for each distinct word of a text; dense one batch at a time.
 *
 * References: Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009, here without signs;
 * Manning, Raghavan & Schütze, Introduction to Information Retrieval, 2008, section 6.4.1 (the logarithm of tf).
 *
 * @example
 * ```ts
 * const texts = ['buy now', 'see you at noon'];
 * const bags = new HashedText({ name: 'mail', texts, labels: Uint8Array.of(1, 0), classNames: ['ham', 'spam'], columns: 1024 });
 * ```
 */
export class HashedText implements LabelledSamples {
  readonly name: string;
  readonly pure = true;
  readonly length: number;
  readonly inputShape: readonly [columns: number];
  readonly labels: Uint8Array;
  readonly classNames: readonly string[];
  readonly idf: Float64Array;
  readonly #texts: readonly string[];
  /** Entries of text i are those from `starts[i]` to `starts[i + 1]`. */
  readonly #starts: Int32Array;
  readonly #columns: Int32Array;
  readonly #values: Float32Array;

  constructor({ name, texts, labels, classNames, columns, idf }: HashedTextInit) {
    this.name = name;
    this.length = texts.length;
    this.inputShape = [columns];
    this.labels = labels;
    this.classNames = classNames;
    this.#texts = texts;
    const known = new Map<string, number>();
    const columnOf = (word: string) => {
      const column = known.get(word) ?? hash(word) % columns;
      known.set(word, column);
      return column;
    };
    const bags = texts.map((text) => bagOf(text, columnOf));
    this.idf = idf ?? inverseFrequencies(bags, columns);
    this.#starts = new Int32Array(bags.length + 1);
    for (const [i, bag] of bags.entries()) this.#starts[i + 1] = this.#starts[i] + bag.size;
    this.#columns = new Int32Array(this.#starts[bags.length]);
    this.#values = new Float32Array(this.#columns.length);
    for (const [i, bag] of bags.entries()) {
      const entries = [...bag].map(([column, tf]) => [column, (1 + Math.log(tf)) * this.idf[column]] as const);
      const length = Math.sqrt(entries.reduce((sum, [, value]) => sum + value * value, 0));
      for (const [k, [column, value]] of entries.entries()) {
        this.#columns[this.#starts[i] + k] = column;
        this.#values[this.#starts[i] + k] = value / length;
      }
    }
  }

  get classes(): number {
    return this.classNames.length;
  }

  text(index: number): string {
    checkIndices([index], this.length);
    return this.#texts[index];
  }

  batch(indices: ArrayLike<number>): LabelledBatch {
    checkIndices(indices, this.length);
    const [columns] = this.inputShape;
    const data = new Float32Array(indices.length * columns);
    for (let k = 0; k < indices.length; k++) {
      const i = indices[k];
      for (let e = this.#starts[i]; e < this.#starts[i + 1]; e++)
        data[k * columns + this.#columns[e]] = this.#values[e];
    }
    return {
      xs: { data, shape: [indices.length, columns], dtype: 'float32' },
      ys: oneHot(this.labels, indices, this.classes),
    };
  }
}

/** The words of a text: runs of 2 to 20 letters, digits, `$` and `!`, in lower case. Longer runs are codes, not words. */
export function words(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}$!]{2,}/gu) ?? []).filter(({ length }) => length <= 20);
}

/** How often words of each column come. */
function bagOf(text: string, columnOf: (word: string) => number): Map<number, number> {
  const bag = new Map<number, number>();
  for (const word of words(text)) {
    const column = columnOf(word);
    bag.set(column, (bag.get(column) ?? 0) + 1);
  }
  return bag;
}

function inverseFrequencies(bags: readonly Map<number, number>[], columns: number): Float64Array {
  const texts = new Float64Array(columns);
  for (const bag of bags) for (const column of bag.keys()) texts[column]++;
  return texts.map((df) => Math.log((1 + bags.length) / (1 + df)) + 1);
}

/** FNV-1a, 32 bits, over the UTF-8 bytes (Fowler, Noll & Vo). */
export function hash(word: string): number {
  let h = 0x811c9dc5;
  for (const byte of encoder.encode(word)) h = Math.imul(h ^ byte, 0x01000193);
  return h >>> 0;
}

const encoder = new TextEncoder();
