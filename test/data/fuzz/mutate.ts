import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A random whole number from 0 to `below` − 1. */
export type Below = (below: number) => number;

/** Random numbers that are the same for the same seed, reader and number of the input. */
export function generator(seed: number, reader: string, index: number): Below {
  let mixed = seed | 0;
  for (const part of [...reader].map((c) => c.charCodeAt(0)).concat(index)) mixed = Math.imul(mixed ^ part, 0x01000193);
  const random = xoroshiro128plus(mixed);
  return (below) => uniformInt(random, 0, Math.max(0, below - 1));
}

const NUMBERS = ['-1', '0', '1', '2', '255', '65536', '1000000', '2147483648', '4294967295', '9007199254740993'].concat(
  ['99999999999999999999', '1e9', '1e400', '1.5', 'NaN', 'null', '""', '0x10', '7777777', '{}', '[]'],
);
const BYTES = [0, 1, 0x7f, 0x80, 0xff];
const WORDS = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  2n ** 40n,
  2n ** 53n,
].concat([2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]);

/** A damaged copy of `bytes`: one to four changes of kinds that files suffer or attackers make. */
export function mutate(bytes: Uint8Array, others: readonly Uint8Array[], below: Below): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let changes = 1 + below(4); changes > 0; changes--)
    result = CHANGES[below(CHANGES.length)](result, others, below);
  return result;
}

type Change = (bytes: Buffer, others: readonly Uint8Array[], below: Below) => Buffer;

const part = (length: number, below: Below): [number, number] => {
  const from = below(length + 1);
  return [from, from + below(Math.min(length - from, 1 << below(12)) + 1)];
};

const CHANGES: readonly Change[] = [
  function flipBit(bytes, _others, below) {
    if (bytes.length > 0) bytes[below(bytes.length)] ^= 1 << below(8);
    return bytes;
  },
  function extremeByte(bytes, _others, below) {
    if (bytes.length > 0) bytes[below(bytes.length)] = BYTES[below(BYTES.length)];
    return bytes;
  },
  function extremeNearTheStart(bytes, _others, below) {
    if (bytes.length > 0) bytes[below(Math.min(32, bytes.length))] = BYTES[below(BYTES.length)];
    return bytes;
  },
  function extremeField(bytes, _others, below) {
    const size = [2, 4, 8][below(3)];
    const field = Buffer.alloc(8);
    const value = WORDS[below(WORDS.length)];
    field.writeBigUInt64LE(value);
    const chosen = field.subarray(0, size);
    if (below(2) === 1) chosen.reverse();
    if (bytes.length >= size) chosen.copy(bytes, below(bytes.length - size + 1));
    return bytes;
  },
  function extremeNumber(bytes, _others, below) {
    const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)];
    if (numbers.length === 0) return bytes;
    const { 0: found, index } = numbers[below(numbers.length)];
    const to = Buffer.from(NUMBERS[below(NUMBERS.length)]);
    return Buffer.concat([bytes.subarray(0, index), to, bytes.subarray(index + found.length)]);
  },
  function truncate(bytes, _others, below) {
    return bytes.subarray(0, below(bytes.length + 1));
  },
  function remove(bytes, _others, below) {
    const [from, to] = part(bytes.length, below);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function double(bytes, _others, below) {
    const [from, to] = part(bytes.length, below);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  function fill(bytes, _others, below) {
    const [from, to] = part(bytes.length, below);
    return bytes.fill(BYTES[below(BYTES.length)], from, to);
  },
  function append(bytes, _others, below) {
    return Buffer.concat([bytes, Uint8Array.from({ length: below(600) }, () => below(256))]);
  },
  function splice(bytes, others, below) {
    const other = others[below(others.length)];
    const [from, to] = part(other.length, below);
    const at = below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at + to - from)]);
  },
];
