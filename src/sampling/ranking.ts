import { fault } from '../errors.ts';

const BITS = 11;
const MASK = 2 ** BITS - 1;

/**
 * Indices 0, …, n − 1 in the order of their values, the largest first: rank 1 is `order[0]`. Of equal values the lower
 * index comes first; 0 comes before −0.
 *
 * The order is as of the last {@link Ranking.sort}: the papers that draw by rank sort on a schedule and use the order
 * while it goes stale. Radix sort, O(n), 8 bytes an index and nothing allocated per sort.
 *
 * @example
 * ```ts
 * const ranking = new Ranking(3);
 * ranking.sort(Float64Array.of(0.1, 5, 2));
 * console.log(ranking.at(0));
 * ```
 */
export class Ranking {
  readonly n: number;
  #order: Int32Array;
  #spare: Int32Array;
  readonly #counts = new Int32Array(MASK + 1);

  /** In the order of the indices, until sorted. @param order one that {@link Ranking.order} gave; copied. */
  constructor(n: number, order?: ArrayLike<number>) {
    if (!(Number.isInteger(n) && n >= 1 && n < 2 ** 31)) {
      throw fault({ wrong: 'nothing to rank', got: n, expected: 'a number of values from 1 to 2³¹ − 1' });
    }
    this.n = n;
    this.#order = new Int32Array(n);
    this.#spare = new Int32Array(n);
    if (order === undefined) this.#reset();
    else this.#restore(order);
  }

  /** (n,) index of each rank, a view that the next sort changes. */
  get order(): Int32Array {
    return this.#order;
  }

  /** The index of rank 1, …, n. */
  at(rank: number): number {
    return this.#order[rank - 1];
  }

  /** @param values (n,), none NaN. */
  sort(values: Float32Array | Float64Array): void {
    const n = this.n;
    if (values.length !== n)
      throw fault({ wrong: 'wrong number of values to rank', got: values.length, expected: `${n}` });
    const bad = values.findIndex(Number.isNaN);
    if (bad >= 0) throw fault({ wrong: 'cannot rank', got: `NaN for sample ${bad}`, expected: 'numbers' });

    // The 32-bit words of the values: the low word first, in doubles, on the little-endian machines JavaScript runs on.
    const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength / 4);
    const perValue = values.BYTES_PER_ELEMENT / 4;
    this.#reset();
    for (let word = 0; word < perValue; word++) {
      for (let shift = 0; shift < 32; shift += BITS) this.#pass(words, perValue, word, shift);
    }
  }

  /** A stable counting sort by one digit of the keys, largest digit first. */
  #pass(words: Int32Array, perValue: number, word: number, shift: number): void {
    const { n } = this;
    const order = this.#order;
    const spare = this.#spare;
    const counts = this.#counts.fill(0);
    const top = perValue - 1;
    // The bits of a double sort as integers do once the sign is dealt with: a negative number's bits count backwards.
    const digit = (i: number) => {
      const sign = words[i * perValue + top] >> 31;
      const bits = words[i * perValue + word] ^ (word === top ? sign | 0x80000000 : sign);
      return MASK - ((bits >>> shift) & MASK);
    };
    for (let i = 0; i < n; i++) counts[digit(i)]++;
    let start = 0;
    for (let d = 0; d <= MASK; d++) {
      const count = counts[d];
      if (count === n) return;
      counts[d] = start;
      start += count;
    }
    for (let r = 0; r < n; r++) {
      const i = order[r];
      spare[counts[digit(i)]++] = i;
    }
    this.#order = spare;
    this.#spare = order;
  }

  #reset(): void {
    for (let i = 0; i < this.n; i++) this.#order[i] = i;
  }

  #restore(order: ArrayLike<number>): void {
    const seen = new Uint8Array(this.n);
    for (let r = 0; r < order.length; r++) seen[order[r]] = 1;
    if (order.length !== this.n || seen.includes(0)) {
      throw fault({
        wrong: 'bad order of a ranking',
        got: `${order.length} indices`,
        expected: `each of ${this.n} once`,
      });
    }
    this.#order.set(order);
  }
}
