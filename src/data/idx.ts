import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { fault } from '../errors.ts';

/** An array as an idx file of unsigned bytes holds it. */
export interface IdxArray {
  readonly data: Uint8Array;
  readonly shape: readonly number[];
}

const UNSIGNED_BYTE = 0x08;

/**
 * Reads the idx format of unsigned bytes (LeCun, Cortes and Burges, *The MNIST database*): two zero bytes, a type code,
 * the number of dimensions, each dimension as a big-endian 32-bit number, then the values. Gzip is undone first.
 *
 * @param file the name used in errors.
 * @param rank the number of dimensions the file must have.
 */
export function parseIdx(bytes: Uint8Array, file: string, rank?: number): IdxArray {
  const idx = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes, file) : bytes;
  const view = new DataView(idx.buffer, idx.byteOffset, idx.byteLength);
  const bad = (offset: number, got: string, expected: string) =>
    fault({ wrong: `${file} is not a complete idx file at byte ${offset}`, got, expected });
  if (idx.length < 4) throw bad(idx.length, 'the end of the file', 'a header of 4 bytes');
  if (view.getUint16(0) !== 0) throw bad(0, `0x${view.getUint16(0).toString(16)}`, 'two zero bytes');
  if (idx[2] !== UNSIGNED_BYTE) throw bad(2, `type 0x${idx[2].toString(16)}`, 'type 0x8 (unsigned bytes)');
  const dimensions = idx[3];
  if (dimensions === 0 || (rank !== undefined && dimensions !== rank)) {
    throw bad(3, `${dimensions} dimensions`, rank === undefined ? 'one or more' : `${rank}`);
  }
  const start = 4 + 4 * dimensions;
  if (idx.length < start) throw bad(idx.length, 'the end of the file', `${dimensions} dimensions up to byte ${start}`);
  const shape = Array.from({ length: dimensions }, (_, d) => view.getUint32(4 + 4 * d));
  const end = start + shape.reduce((product, dimension) => product * dimension, 1);
  if (idx.length !== end) {
    throw bad(Math.min(idx.length, end), `${idx.length} bytes`, `${end} bytes for an array of ${shape.join(' × ')}`);
  }
  return { data: new Uint8Array(idx.buffer, idx.byteOffset + start, idx.length - start), shape };
}

/** {@link parseIdx} of a file. */
export async function readIdx(file: string, rank?: number): Promise<IdxArray> {
  return parseIdx(await readFile(file), file, rank);
}

function gunzip(bytes: Uint8Array, file: string): Uint8Array {
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw fault({
      wrong: `${file} is not a complete gzip file`,
      got: `${bytes.length} bytes (${(cause as Error).message})`,
      expected: 'one intact gzip stream',
      mend: 'fetch it again',
      cause,
    });
  }
}
