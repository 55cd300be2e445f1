import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { JumpableRandomGenerator } from 'pure-rand/types/JumpableRandomGenerator';
import { fault } from '../errors.ts';

/**
 * Seeded random numbers: xoroshiro128+ with a state of four 32-bit integers.
 *
 * Streams that must not touch each other (the order of the data, the resampling, a dropout mask) are made with
 * {@link Random.fork} or {@link Random.split}, so that drawing more from one does not move the others.
 *
 * @example
 * ```ts
 * const random = new Random(1);
 * console.log(random.uniform(), random.normal(), random.integer(10));
 * ```
 */
export class Random {
  readonly #generator: JumpableRandomGenerator;

  /** @param seed any integer that a double holds exactly, or the four words of a state. */
  constructor(seed: number | readonly number[]) {
    if (typeof seed === 'number') {
      if (!Number.isSafeInteger(seed)) throw fault({ wrong: 'bad seed', got: seed, expected: 'an integer' });
      this.#generator = xoroshiro128plusFromState(hash([seed | 0, Math.floor(seed / 2 ** 32) | 0]));
    } else {
      const areFour = typeof seed === 'object' && seed?.length === 4;
      if (!areFour || !seed.every(isWord) || seed.every((word) => word === 0)) {
        throw fault({
          wrong: 'bad random state',
          got: seed ?? 'nothing',
          expected: 'an integer, or four 32-bit integers, not all zero',
        });
      }
      this.#generator = xoroshiro128plusFromState(seed);
    }
  }

  /** The generator that continues where {@link Random.state} was read. */
  static from(state: readonly number[]): Random {
    return new Random(state);
  }

  /** Four integers; `JSON` keeps them exactly. */
  state(): number[] {
    return [...this.#generator.getState()];
  }

  /** An independent stream named by `label` and by where this one stands now, which does not move. */
  fork(label: string | number): Random {
    const name = [...String(label)].map((character) => character.codePointAt(0)!);
    return Random.from(hash([...this.state(), ...name]));
  }

  /** An independent stream; this one moves on, so that the next call gives another. */
  split(): Random {
    const child = this.fork('split');
    this.#generator.next();
    return child;
  }

  /** Uniform in [0, 1), a multiple of 2⁻⁵³. */
  uniform(): number {
    const high = this.#generator.next() >>> 5;
    const low = this.#generator.next() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /** The next `count` numbers of {@link Random.uniform}: (count,) float64. */
  uniforms(count: number): Float64Array {
    const numbers = new Float64Array(count);
    for (let i = 0; i < count; i++) numbers[i] = this.uniform();
    return numbers;
  }

  /** Uniform in {0, …, n − 1}, without bias. @throws UnequalError unless n is an integer from 1 to 2⁵³ − 1. */
  integer(n: number): number {
    if (!(n > 2 && n < 2 ** 31 && n >>> 0 === n)) {
      if (!(Number.isSafeInteger(n) && n >= 1)) throw fault({ wrong: 'bad n', got: n, expected: 'an integer ≥ 1' });
      return uniformInt(this.#generator, 0, n - 1);
    }
    // The same in integers of 32 bits, whose remainder takes a fraction of the time of that of doubles.
    const generator = this.#generator;
    const size = n >>> 0;
    for (;;) {
      const word = (generator.next() ^ 0x80000000) >>> 0;
      // Words from the last whole multiple of n on are refused; a division tells it, which few of them need.
      if (word < 2 ** 32 - size || word < Math.floor(2 ** 32 / size) * size) return word % size;
    }
  }

  /** Normal with mean 0 and variance 1 (Box–Muller; nothing is kept between calls). */
  normal(): number {
    return Math.sqrt(2 * this.exponential()) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log1p(-this.uniform());
  }

  /** Geometric on {0, 1, 2, …} with the given mean: P(k) ∝ γᵏ, γ = mean / (mean + 1). */
  geometric(mean: number): number {
    if (!(mean >= 0 && mean < Infinity)) throw fault({ wrong: 'bad mean', got: mean, expected: 'a number ≥ 0' });
    return mean === 0 ? 0 : Math.floor(this.exponential() / Math.log1p(1 / mean));
  }

  /** Fisher–Yates, in place. */
  shuffle<A extends { [index: number]: number; readonly length: number }>(array: A): A {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const value = array[i];
      array[i] = array[j];
      array[j] = value;
    }
    return array;
  }

  /** A random order of 0, …, n − 1. */
  permutation(n: number): Int32Array {
    return this.shuffle(new Int32Array(n).map((_, i) => i));
  }
}

/** @throws UnequalError unless it gives random numbers as {@link Random} does. */
export function requireRandom(random: Random | undefined): void {
  if (typeof random?.uniform === 'function') return;
  throw fault({ wrong: 'no random numbers', got: random, expected: 'a Random', mend: 'give new Random(seed)' });
}

function isWord(word: unknown): boolean {
  return typeof word === 'number' && (word | 0) === word;
}

/** Four well-mixed words of any number of words: MurmurHash3's finaliser, one lane for each word of the state. */
function hash(words: readonly number[]): number[] {
  const lanes = [0x9e3779b9, 0x7f4a7c15, 0xf39cc060, 0x5cedc834].map((lane) => {
    let h = lane | 0;
    for (const word of words) h = mix(Math.imul(h ^ word, 0x5bd1e995) + lane);
    return mix(h + words.length);
  });
  if (!lanes.some(Boolean)) lanes[0] = 1;
  return lanes;
}

function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
