import { fault } from '../errors.ts';
import { Random, requireRandom } from './random.ts';

/** Where a {@link Shuffle} stands; a few numbers, whatever the size of the data set. */
export type ShuffleState = {
  readonly n: number;
  readonly epoch: number;
  /** Indices already given in this epoch. */
  readonly cursor: number;
  /** The random state at the start of the epoch; `null` where the order is sequential. */
  readonly random: readonly number[] | null;
};

/**
 * The endless stream of the indices 0, …, n − 1, in a new order every epoch.
 *
 * Fisher–Yates, one swap a draw: 4 bytes a sample, O(1) a draw, and no work at the end of an epoch. The array holds
 * displacements (index − position), so that zeros are the identity; a position that has been given out is never read
 * again in its epoch and is set back to zero, so that the next epoch starts from the identity and needs nothing but the
 * random state it started with to be played again.
 *
 * @example
 * ```ts
 * const shuffle = new Shuffle(10, new Random(1));
 * const first = shuffle.next(4); // four indices, none twice in an epoch
 * ```
 */
export class Shuffle {
  readonly n: number;
  readonly #random: Random | null;
  readonly #displacement: Int32Array;
  #start: readonly number[] | null;
  #epoch = 0;
  #cursor = 0;
  /** Where drawing is in its epoch: further than the cursor by what has been looked at ahead. */
  #drawn = 0;
  /** Indices drawn and not given yet, from `#at` on. */
  #ahead = new Int32Array(0);
  #at = 0;
  /** The random states at the starts of the epochs that drawing has come to and giving has not. */
  readonly #starts: (readonly number[] | null)[] = [];

  /**
   * @param n number of samples, at most 2³¹ − 1.
   * @param random the shuffle's own stream: fork or split one off. `null`: the indices come in order.
   */
  constructor(n: number, random: Random | null) {
    if (!(Number.isInteger(n) && n >= 1 && n < 2 ** 31)) {
      throw fault({ wrong: 'nothing to shuffle', got: n, expected: 'a number of samples from 1 to 2³¹ − 1' });
    }
    if (random !== null) requireRandom(random);
    this.n = n;
    this.#random = random;
    this.#start = random === null ? null : random.state();
    this.#displacement = new Int32Array(random === null ? 0 : n);
  }

  /** The indices in order, over and over. */
  static sequential(n: number): Shuffle {
    return new Shuffle(n, null);
  }

  /** The stream that continues where {@link Shuffle.state} was read; plays the begun epoch again, O(cursor). */
  static from({ n, epoch, cursor, random }: ShuffleState): Shuffle {
    if (!(Number.isInteger(cursor) && cursor >= 0 && cursor < n && Number.isInteger(epoch) && epoch >= 0)) {
      throw fault({ wrong: 'bad shuffle state', got: `epoch ${epoch}, cursor ${cursor} of ${n}` });
    }
    const shuffle = new Shuffle(n, random === null ? null : Random.from(random));
    shuffle.#epoch = epoch;
    shuffle.#cursor = cursor;
    if (random === null) shuffle.#drawn = cursor;
    else while (shuffle.#drawn < cursor) shuffle.#draw();
    return shuffle;
  }

  /** Epochs completed. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Indices given in this epoch, from 0 to n − 1. */
  get cursor(): number {
    return this.#cursor;
  }

  state(): ShuffleState {
    return { n: this.n, epoch: this.#epoch, cursor: this.#cursor, random: this.#start };
  }

  /** The next `count` indices, across the ends of epochs: (count,) int32, in `out` where given. */
  next(count: number, out: Int32Array = new Int32Array(count)): Int32Array {
    for (let k = 0; k < count; k++) {
      out[k] = this.#at < this.#ahead.length ? this.#ahead[this.#at++] : this.#draw();
      if (++this.#cursor === this.n) {
        this.#cursor = 0;
        this.#epoch++;
        this.#start = this.#starts.shift()!;
      }
    }
    return out;
  }

  /** What {@link Shuffle.next} is going to give: (count,) int32. It changes nothing that can be seen. */
  peek(count: number): Int32Array {
    const known = this.#ahead.subarray(this.#at);
    if (known.length < count) {
      const ahead = new Int32Array(count);
      ahead.set(known);
      for (let k = known.length; k < count; k++) ahead[k] = this.#draw();
      this.#ahead = ahead;
      this.#at = 0;
    }
    return this.#ahead.slice(this.#at, this.#at + count);
  }

  #draw(): number {
    const i = this.#drawn++;
    const index = this.#random === null ? i : this.#swap(i, this.#random);
    if (this.#drawn === this.n) {
      this.#drawn = 0;
      this.#starts.push(this.#random === null ? null : this.#random.state());
    }
    return index;
  }

  #swap(i: number, random: Random): number {
    const displacement = this.#displacement;
    const j = i + random.integer(this.n - i);
    const atI = i + displacement[i];
    const atJ = j + displacement[j];
    displacement[j] = atI - j;
    displacement[i] = 0;
    return atJ;
  }
}
