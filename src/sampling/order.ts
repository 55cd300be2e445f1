const BITS = 8;
const SIZE = 2 ** BITS;
const MASK = SIZE - 1;
const PASSES = 32 / BITS;
/** Moves a key before what is nearly in order counts as in no order. */
const patience = 8;

// Kept from one sort to the next: for a few hundred keys, allocating takes as long as sorting.
let doubles = new Float64Array(0);
let words = new Int32Array(0);
let digits = new Int32Array(0);
let spare: Int32Array = new Int32Array(0);
const counts = new Int32Array(PASSES * SIZE);

/** The positions of the keys, none NaN, from the smallest to the largest, equal ones from first to last: (n,). */
export function ascending(keys: ArrayLike<number>, out: Int32Array = new Int32Array(keys.length)): Int32Array {
  return sorted(keys, 0, out);
}

/** The positions of the keys, none NaN, from the largest to the smallest, equal ones from first to last: (n,). */
export function descending(keys: ArrayLike<number>, out: Int32Array = new Int32Array(keys.length)): Int32Array {
  return sorted(keys, -1, out);
}

/**
 * A radix sort by the upper half of the doubles' bits, which for a few hundred keys takes a tenth of the time of a sort
 * that calls a function for each comparison; what is equal in that half is put in order by insertion.
 *
 * @param flip 0, or −1 for the largest first.
 */
function sorted(keys: ArrayLike<number>, flip: number, out: Int32Array): Int32Array {
  const n = keys.length;
  reserve(n);
  counts.fill(0);
  for (let i = 0; i < n; i++) {
    // −0 becomes 0, which it equals.
    doubles[i] = keys[i] + 0;
    const high = words[2 * i + 1];
    // The bits of a double sort as integers do once the sign is dealt with: a negative number's bits count backwards.
    const word = high ^ ((high >> 31) | 0x80000000) ^ flip;
    digits[i] = word;
    counts[word & MASK]++;
    counts[SIZE + ((word >>> BITS) & MASK)]++;
    counts[2 * SIZE + ((word >>> (2 * BITS)) & MASK)]++;
    counts[3 * SIZE + (word >>> (3 * BITS))]++;
    out[i] = i;
  }
  let from = out;
  let to = spare;
  for (let pass = 0; pass < PASSES; pass++) {
    if (!distribute(pass, n, from, to)) continue;
    [from, to] = [to, from];
  }
  if (from !== out) for (let i = 0; i < n; i++) out[i] = from[i];
  return insert(n, flip === 0 ? 1 : -1, out) ? out : out.sort(flip === 0 ? byKey(keys) : byKeyDown(keys));
}

/** A stable counting sort by one digit; whether there was anything to do. */
function distribute(pass: number, n: number, from: Int32Array, to: Int32Array): boolean {
  const [base, shift] = [pass * SIZE, pass * BITS];
  if (n === 0 || counts[base + ((digits[0] >>> shift) & MASK)] === n) return false;
  let start = 0;
  for (let d = base; d < base + SIZE; d++) {
    const count = counts[d];
    counts[d] = start;
    start += count;
  }
  for (let r = 0; r < n; r++) {
    const i = from[r];
    to[counts[base + ((digits[i] >>> shift) & MASK)]++] = i;
  }
  return true;
}

/** An insertion sort of positions by `sign` times their doubles; `false` if it gave up. */
function insert(n: number, sign: number, out: Int32Array): boolean {
  let moves = 0;
  let before = -Infinity;
  for (let r = 0; r < n; r++) {
    const i = out[r];
    const key = sign * doubles[i];
    if (key >= before) {
      before = key;
      continue;
    }
    let at = r;
    for (; at > 0 && sign * doubles[out[at - 1]] > key; at--) out[at] = out[at - 1];
    out[at] = i;
    moves += r - at;
    if (moves > patience * n) return false;
  }
  return true;
}

const byKey = (keys: ArrayLike<number>) => (i: number, j: number) => keys[i] - keys[j] || i - j;
const byKeyDown = (keys: ArrayLike<number>) => (i: number, j: number) => keys[j] - keys[i] || i - j;

function reserve(n: number): void {
  if (doubles.length >= n) return;
  doubles = new Float64Array(n);
  // The 32-bit words of the doubles: the low word first on the little-endian machines JavaScript runs on.
  words = new Int32Array(doubles.buffer);
  digits = new Int32Array(n);
  spare = new Int32Array(n);
}
