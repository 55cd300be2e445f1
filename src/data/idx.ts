import { constants, gunzipSync } from 'node:zlib';
import { fault } from '../errors.ts';
import { counted } from '../plural.ts';
import { readWhole } from './regular-file.ts';

/** An array as an idx file of unsigned bytes holds it. */
export interface IdxArray {
  readonly data: Uint8Array;
  readonly shape: readonly number[];
}

const UNSIGNED_BYTE = 0x08;
/** The longest header: 255 dimensions. */
const HEADER = 4 + 4 * 255;
/** What a file may hold, in bytes: MNIST's layout with pictures of 66 × 66. */
const LIMIT = 2 ** 28;
/** How much of a gzip file is undone to see the header. */
const PEEK = 8192;

/**
 * Reads the idx format of unsigned bytes (LeCun, Cortes and Burges, *The MNIST database*): two zero bytes, a type code,
 * the number of dimensions, each dimension as a big-endian 32-bit number, then the values. Gzip is undone first, no
 * further than the header says.
 *
 * @param file the name used in errors.
 * @param rank the number of dimensions the file must have.
 */
export function parseIdx(bytes: Uint8Array, file: string, rank?: number): IdxArray {
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const head = zipped ? gunzip(bytes.subarray(0, PEEK), file, PEEK * 1032, constants.Z_SYNC_FLUSH) : bytes;
  const { shape, start, end } = parseHeader(head, file, rank);
  const idx = zipped ? gunzip(bytes, file, end) : bytes;
  if (idx.length !== end) {
    throw fault({
      wrong: `${file} is not a complete idx file at byte ${Math.min(idx.length, end)}`,
      got: counted(idx.length, 'byte'),
      expected: `${end} bytes for an array of ${shape.join(' × ')}`,
    });
  }
  return { data: new Uint8Array(idx.buffer, idx.byteOffset + start, idx.length - start), shape };
}

/** {@link parseIdx} of a file. */
export async function readIdx(file: string, rank?: number): Promise<IdxArray> {
  return parseIdx(await readWhole(file, HEADER + LIMIT), file, rank);
}

/** The shape, and where the values start and end in the file. */
function parseHeader(idx: Uint8Array, file: string, rank?: number) {
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
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (!(size <= LIMIT)) throw bad(4, `an array of ${shape.slice(0, 8).join(' × ')}`, `at most ${LIMIT} values`);
  return { shape, start, end: start + size };
}

function gunzip(bytes: Uint8Array, file: string, most: number, finishFlush?: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: most, finishFlush });
  } catch (cause) {
    const tooLong = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw fault({
      wrong: `${file} is not a complete gzip file`,
      got: tooLong ? `more than ${most} bytes in it` : `${bytes.length} bytes (${(cause as Error).message})`,
      expected: tooLong ? 'as many as its header says' : 'one intact gzip stream',
      mend: 'fetch it again',
      cause,
    });
  }
}
