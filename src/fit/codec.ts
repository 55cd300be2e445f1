import { crc32 } from '../crc32.ts';
import { fault, UnequalError } from '../errors.ts';
import type { State } from '../methods/method.ts';
import { counted } from '../plural.ts';

/**
 * The bytes of a state: the magic, the length of the header, the header as JSON, the typed arrays it refers to in its own
 * order, and a CRC-32 of all that is before it.
 */
const magic = 'UNEQUAL';
/** The one character after the magic. */
const version = '2';
const start = magic.length + version.length + 4;

const arrays = {
  ...{ Float32Array, Float64Array, Int8Array, Int16Array, Int32Array },
  ...{ Uint8Array, Uint16Array, Uint32Array, BigUint64Array },
};
type ArrayName = keyof typeof arrays;

/** No state is nested more deeply. */
const deepest = 64;
/** Bytes that are looked at together. */
const chunk = 2 ** 26;

/** Where the bytes are. */
export interface Bytes {
  readonly length: number;
  /** A copy of `count` bytes from `offset`, all of which are there. */
  read(offset: number, count: number): Uint8Array<ArrayBuffer>;
  /** Called when nothing more is read. */
  close?(): void;
}

/**
 * The bytes of a state, in parts: of sizes no single array could have. Numbers survive exactly, NaN and infinities
 * included.
 * @throws UnequalError for what cannot be saved.
 */
export function parts(state: State): Uint8Array[] {
  const data: Uint8Array[] = [];
  const text = new TextEncoder().encode(JSON.stringify(toJson(state, data, 0)));
  const head = new Uint8Array(start);
  head.set(new TextEncoder().encode(magic + version));
  new DataView(head.buffer).setUint32(start - 4, text.length, true);
  const tail = new Uint8Array(4);
  new DataView(tail.buffer).setUint32(0, checksum([head, text, ...data]), true);
  return [head, text, ...data, tail];
}

/** Whether a file begins as a checkpoint does, of whatever version. */
export function isCheckpoint(file: Bytes): boolean {
  return new TextDecoder().decode(file.read(0, Math.min(magic.length, file.length))) === magic;
}

/** The parts in one. */
export function encode(state: State): Uint8Array {
  const all = parts(state);
  const file = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function checksum(bytes: Iterable<Uint8Array>): number {
  let crc = 0;
  for (const part of bytes)
    for (let at = 0; at < part.length; at += chunk) crc = crc32(part.subarray(at, at + chunk), crc);
  return crc;
}

/** JSON has neither NaN nor infinities, and no sign for zero; `$` marks what stands for something else. */
function toJson(value: unknown, data: Uint8Array[], depth: number): unknown {
  const refuse = (expected: string) => fault({ wrong: 'a state that cannot be saved', got: value, expected });
  if (depth > deepest) throw refuse(`at most ${deepest} levels`);
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0)
      ? value
      : { $number: Object.is(value, -0) ? '-0' : `${value}` };
  }
  if (typeof value === 'bigint' || typeof value === 'symbol') throw refuse('numbers, strings, lists and objects');
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const $array = value.constructor.name;
    if (!Object.hasOwn(arrays, $array)) throw refuse(Object.keys(arrays).join(', '));
    data.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return { $array, length: (value as Float32Array).length };
  }
  if (Array.isArray(value)) return value.map((one) => toJson(one, data, depth + 1) ?? null);
  const json: [string, unknown][] = [];
  for (const [name, part] of Object.entries(value)) {
    if (name.startsWith('$') || name === '__proto__') throw refuse(`no part named ${name}`);
    if (part !== undefined && typeof part !== 'function') json.push([name, toJson(part, data, depth + 1)]);
  }
  return Object.fromEntries(json);
}

/** @throws UnequalError if the bytes are no checkpoint or a damaged one. */
export function decode(file: Uint8Array | Bytes, path: string): State {
  const bytes = file instanceof Uint8Array ? inMemory(file) : file;
  const refuse = (wrong: string, got: string, expected: string) => fault({ wrong: `${path} ${wrong}`, got, expected });
  const head = new TextDecoder().decode(bytes.read(0, Math.min(start - 4, bytes.length)));
  if (!head.startsWith(magic)) {
    const got = bytes.length === 0 ? 'an empty file' : `a file that starts with ${JSON.stringify(head)}`;
    throw refuse('is no checkpoint of unequal', got, magic + version);
  }
  if (head !== magic + version) {
    const got = JSON.stringify(head.slice(magic.length));
    throw refuse('is a checkpoint of another version', `format ${got}`, `format "${version}"`);
  }
  const end = bytes.length - 4;
  if (end < start) throw refuse('is cut short', counted(bytes.length, 'byte'), 'a header');
  const crc = checksum(chunks(bytes, end));
  const stored = word(bytes, end);
  if (crc !== stored) throw refuse('is damaged', `checksum ${crc.toString(16)}`, stored.toString(16));
  const length = word(bytes, start - 4);
  if (length > end - start) throw refuse('is damaged', `a header of ${length} bytes`, `at most ${end - start}`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.read(start, length));
    const reader = new ArrayReader(bytes, start + length, end);
    const state = fromJson(JSON.parse(text), reader, 0);
    reader.finish();
    return state;
  } catch (cause) {
    if (cause instanceof UnequalError) throw refuse('is damaged', cause.message, 'what was written');
    throw fault({ wrong: `${path} is damaged`, got: (cause as Error).message, expected: 'what was written', cause });
  }
}

function inMemory(file: Uint8Array): Bytes {
  return { length: file.length, read: (offset, count) => new Uint8Array(file.subarray(offset, offset + count)) };
}

function* chunks(bytes: Bytes, end: number): Generator<Uint8Array> {
  for (let at = 0; at < end; at += chunk) yield bytes.read(at, Math.min(chunk, end - at));
}

function word(bytes: Bytes, at: number): number {
  return new DataView(bytes.read(at, 4).buffer).getUint32(0, true);
}

/** Arrays lie one after the other, so that together they are never larger than the file. */
class ArrayReader {
  constructor(
    private readonly bytes: Bytes,
    private at: number,
    private readonly end: number,
  ) {}

  take(name: unknown, length: unknown): State {
    if (typeof name !== 'string' || !Object.hasOwn(arrays, name)) throw fault({ wrong: 'an unknown array', got: name });
    const type = arrays[name as ArrayName];
    const left = (this.end - this.at) / type.BYTES_PER_ELEMENT;
    if (!(Number.isSafeInteger(length) && (length as number) >= 0 && (length as number) <= left)) {
      throw fault({ wrong: 'an array of a wrong length', got: length, expected: `at most ${Math.floor(left)}` });
    }
    const count = (length as number) * type.BYTES_PER_ELEMENT;
    const { buffer } = this.bytes.read(this.at, count);
    this.at += count;
    return new type(buffer) as State;
  }

  finish(): void {
    if (this.at !== this.end) throw fault({ wrong: 'bytes that belong to no array', got: this.end - this.at });
  }
}

const numbers: { readonly [text: string]: number } = {
  ...{ '-0': -0, NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY, '-Infinity': Number.NEGATIVE_INFINITY },
};

function fromJson(value: unknown, reader: ArrayReader, depth: number): State {
  if (depth > deepest) throw fault({ wrong: 'a state too deep', expected: `at most ${deepest} levels` });
  if (typeof value !== 'object' || value === null) return value as State;
  if (Array.isArray(value)) return value.map((one) => fromJson(one, reader, depth + 1));
  const entries = Object.entries(value);
  if (Object.hasOwn(value, '$number') && entries.length === 1) {
    const text = String((value as { $number: unknown }).$number);
    if (Object.hasOwn(numbers, text)) return numbers[text];
  }
  const { $array, length } = value as { $array?: unknown; length?: unknown };
  if (Object.hasOwn(value, '$array') && entries.length === 2) return reader.take($array, length);
  const state: { [name: string]: State } = {};
  for (const [name, part] of entries) {
    if (name.startsWith('$') || name === '__proto__') throw fault({ wrong: 'an unknown part', got: name });
    state[name] = fromJson(part, reader, depth + 1);
  }
  return state;
}
