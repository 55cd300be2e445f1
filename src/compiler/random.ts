import { greatest, least } from '../extent.ts';

/**
 * Random numbers of a compiled function: drawn afresh every call, from a seed and a call number.
 *
 * TensorFlow.js draws in JavaScript while the function is traced, so a draw looks like a constant. It is recognised by
 * its seed: each unseeded draw asks `Math.random()` once for the seed of an Alea generator, hence the numbers that
 * follow are known, and what the operation made of them says how it scaled them. In the graph the draw becomes an input.
 */

export type Distribution = 'uniform' | 'normal' | 'truncated';

/** A draw `shift + scale · ξ`, with ξ uniform on (0, 1), standard normal, or standard normal within ±2. */
export interface Draw {
  readonly distribution: Distribution;
  readonly shift: number;
  readonly scale: number;
}

/** The generator behind TensorFlow.js's draws: Alea (J. Baagøe, 2010), as in the package seedrandom. */
function alea(seed: string): () => number {
  let n = 0xefc8249d;
  const mash = (text: string): number => {
    for (let i = 0; i < text.length; i++) {
      n += text.charCodeAt(i);
      let h = 0.02519603282416938 * n;
      n = h >>> 0;
      h -= n;
      h *= n;
      n = h >>> 0;
      h -= n;
      n += h * 0x100000000;
    }
    return (n >>> 0) * 2.3283064365386963e-10;
  };
  let c = 1;
  let s0 = mash(' ');
  let s1 = mash(' ');
  let s2 = mash(' ');
  s0 = wrap(s0 - mash(seed));
  s1 = wrap(s1 - mash(seed));
  s2 = wrap(s2 - mash(seed));
  return () => {
    const t = 2091639 * s0 + c * 2.3283064365386963e-10;
    s0 = s1;
    s1 = s2;
    c = t | 0;
    s2 = t - c;
    return s2;
  };
}

const wrap = (x: number): number => (x < 0 ? x + 1 : x);

/** Standard normal numbers by Marsaglia's polar method; outside ±2 drawn again when truncated. */
function gaussian(uniform: () => number, truncated: boolean): () => number {
  let spare = Number.NaN;
  const within = (x: number): boolean => !truncated || Math.abs(x) <= 2;
  return () => {
    if (!Number.isNaN(spare)) {
      const x = spare;
      spare = Number.NaN;
      return x;
    }
    for (;;) {
      let v1: number;
      let v2: number;
      let s: number;
      do {
        v1 = 2 * uniform() - 1;
        v2 = 2 * uniform() - 1;
        s = v1 * v1 + v2 * v2;
      } while (s >= 1 || s === 0);
      const m = Math.sqrt((-2 * Math.log(s)) / s);
      if (!within(v1 * m)) continue;
      if (within(v2 * m)) spare = v2 * m;
      return v1 * m;
    }
  };
}

const generator = (distribution: Distribution, uniform: () => number): (() => number) =>
  distribution === 'uniform' ? uniform : gaussian(uniform, distribution === 'truncated');

/** How many numbers of a draw are looked at. */
export const looked = 16;

/**
 * The draw behind numbers that were drawn with the given Alea seed, or undefined if they were not.
 *
 * @param values the first numbers, `looked` at least, as they were before they were rounded to float32.
 */
export function recognise(values: ArrayLike<number>, distribution: Distribution, seed: string): Draw | undefined {
  const xi = Array.from({ length: looked }, generator(distribution, alea(seed)));
  const low = xi.indexOf(least(xi));
  const high = xi.indexOf(greatest(xi));
  const scale = (values[high] - values[low]) / (xi[high] - xi[low]);
  const shift = values[low] - scale * xi[low];
  const larger = Math.max(Math.abs(shift), Math.abs(scale));
  if (!xi.every((x, i) => Math.abs(shift + scale * x - values[i]) <= 1e-12 * larger)) return undefined;
  // Both are wrong by some 1e-15 of the larger one, by another part at each draw; the graph is to be the same each time.
  const places = Math.min(Math.max(12 - Math.floor(Math.log10(larger)), 0), 100);
  return { distribution, shift: Number(shift.toFixed(places)), scale: Number(scale.toFixed(places)) };
}

/** Fills an array with ξ of a distribution; the same seed, call and index give the same numbers. */
export function fillDraw(
  out: Float32Array,
  distribution: Distribution,
  seed: number,
  call: number,
  index: number,
): void {
  const bits = xoshiro(seed, call, index);
  if (distribution === 'uniform') {
    // The middles of 2²³ parts of [0, 1), exact in float32. None is 0: whoever asks for numbers above 1e-20 takes their logarithm.
    for (let i = 0; i < out.length; i++) out[i] = ((bits() >>> 8) | 1) * 5.9604644775390625e-8;
    return;
  }
  const next = gaussian(() => (bits() >>> 0) * 2.3283064365386963e-10, distribution === 'truncated');
  for (let i = 0; i < out.length; i++) out[i] = next();
}

/** xoshiro128++ (Blackman & Vigna 2019), its state filled by a hash of the three numbers (splitmix32). */
function xoshiro(seed: number, call: number, index: number): () => number {
  let z = Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(call | 0, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  z = Math.imul(z ^ Math.floor(call / 2 ** 32) ^ Math.floor(seed / 2 ** 32), 0x27d4eb2f);
  const split = (): number => {
    z = (z + 0x9e3779b9) | 0;
    let t = z ^ (z >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t = Math.imul(t ^ (t >>> 15), 0x735a2d97);
    return t ^ (t >>> 15);
  };
  let a = split();
  let b = split();
  let c = split();
  let d = split() | 1;
  return () => {
    const sum = (a + d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + a) | 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}
