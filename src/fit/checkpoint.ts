import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { fault, UnequalError } from '../errors.ts';
import type { State } from '../methods/method.ts';

/**
 * For Node alone: `fit` loads this file when a checkpoint is asked for.
 *
 * A checkpoint file: the magic, the length of the header, the header as JSON, the typed arrays it refers to, and a
 * CRC-32 of all that is before it.
 */
const magic = 'UNEQUAL1';

const arrays = {
  ...{ Float32Array, Float64Array, Int8Array, Int16Array, Int32Array },
  ...{ Uint8Array, Uint16Array, Uint32Array, BigUint64Array },
};
type ArrayName = keyof typeof arrays;

interface ArrayReference {
  readonly $array: ArrayName;
  readonly offset: number;
  readonly length: number;
}

/** The bytes of a state. Numbers survive exactly, NaN and infinities included. */
export function encode(state: State): Uint8Array {
  const parts: Uint8Array[] = [];
  let offset = 0;
  const header = JSON.stringify(state, (_, value) => {
    // JSON has neither NaN nor infinities, and no sign for zero.
    if (Object.is(value, -0)) return { $number: '-0' };
    if (typeof value === 'number' && !Number.isFinite(value)) return { $number: String(value) };
    if (!ArrayBuffer.isView(value)) return value;
    if (!(value.constructor.name in arrays)) {
      throw fault({ wrong: 'a state that cannot be saved', got: value, expected: Object.keys(arrays).join(', ') });
    }
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    const reference: ArrayReference = {
      $array: value.constructor.name as ArrayName,
      offset,
      length: (value as Float32Array).length,
    };
    parts.push(bytes);
    offset += bytes.length;
    return reference;
  });
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(magic.length + 4 + text.length + offset + 4);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(magic));
  view.setUint32(magic.length, text.length, true);
  file.set(text, magic.length + 4);
  let at = magic.length + 4 + text.length;
  for (const bytes of parts) {
    file.set(bytes, at);
    at += bytes.length;
  }
  view.setUint32(at, crc32(file.subarray(0, at)), true);
  return file;
}

/** @throws UnequalError if the bytes are no checkpoint or a damaged one. */
export function decode(file: Uint8Array, path: string): State {
  const refuse = (wrong: string, got: string, expected: string) => fault({ wrong: `${path} ${wrong}`, got, expected });
  const head = new TextDecoder().decode(file.subarray(0, magic.length));
  if (head !== magic)
    throw refuse('is no checkpoint of unequal', `a file that starts with ${JSON.stringify(head)}`, magic);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = file.length - 4;
  if (end < magic.length + 4) throw refuse('is cut short', `${file.length} bytes`, 'a header');
  const crc = crc32(file.subarray(0, end));
  const stored = view.getUint32(end, true);
  if (crc !== stored) throw refuse('is damaged', `checksum ${crc.toString(16)}`, stored.toString(16));
  const length = view.getUint32(magic.length, true);
  const start = magic.length + 4;
  const data = start + length;
  return JSON.parse(new TextDecoder().decode(file.subarray(start, data)), (_, value) => {
    if (value?.$number !== undefined) return Number(value.$number);
    if (value?.$array === undefined) return value;
    const { $array, offset, length: count } = value as ArrayReference;
    const type = arrays[$array];
    const from = data + offset;
    // A copy of its own: typed arrays must start at a multiple of their size, and the slice of a Buffer is none.
    return new type(new Uint8Array(file.subarray(from, from + count * type.BYTES_PER_ELEMENT)).buffer);
  }) as State;
}

/** Writes under another name first, so that a killed run leaves the old checkpoint or the new one, never half of one. */
export async function writeCheckpoint(path: string, state: State): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(encode(state));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

export async function readCheckpoint(path: string): Promise<State> {
  let file: Uint8Array;
  try {
    file = await readFile(path);
  } catch (cause) {
    throw fault({ wrong: `the checkpoint ${path} cannot be read`, got: (cause as Error).message, cause });
  }
  return decode(file, path);
}

/** @throws UnequalError naming the first part of the run that is not the one the checkpoint was written in. */
export function checkSameRun(path: string, saved: { [part: string]: State }, now: { [part: string]: State }): void {
  for (const [part, value] of Object.entries(now)) {
    const [got, expected] = [JSON.stringify(saved?.[part]), JSON.stringify(value)];
    if (got === expected) continue;
    throw new UnequalError(
      `${path} is a checkpoint of another run: its ${part} is ${got ?? 'missing'}, expected ${expected}, resume with the arguments it was written with`,
    );
  }
}
