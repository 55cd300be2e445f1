import { crc32 } from 'node:zlib';
import { fault } from '../errors.ts';

/** Packed scores of a range of samples: a header of 32 bytes, then a float32 for each sample, little-endian. */
export interface Chunk {
  /** The run they are of: 16 hexadecimal digits. */
  readonly nonce: string;
  readonly range: number;
  /** Version of the parameters that they were computed with. */
  readonly version: number;
  readonly scores: Float32Array;
}

const magic = 0x31535155;
const headerBytes = 32;

/** Bytes of a chunk of `count` scores. */
export function chunkBytes(count: number): number {
  return headerBytes + 4 * count;
}

export function encodeChunk({ nonce, range, version, scores }: Chunk): Uint8Array {
  const bytes = new Uint8Array(chunkBytes(scores.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(8, range, true);
  view.setUint32(12, version, true);
  view.setUint32(16, scores.length, true);
  view.setBigUint64(20, BigInt(`0x${nonce}`), true);
  for (const [k, score] of scores.entries()) view.setFloat32(headerBytes + 4 * k, score, true);
  view.setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/** What a chunk must be to count. */
export interface Expected {
  readonly nonce: string;
  readonly range: number;
  readonly count: number;
  /** Version published last. */
  readonly latest: number;
}

/** @throws UnequalError for bytes that are not the scores of this range of this run, with what was got. */
export function decodeChunk(bytes: Uint8Array, { nonce, range, count, latest }: Expected): Chunk {
  const refuse = (got: unknown, expected: string) => fault({ wrong: `bad scores of range ${range}`, got, expected });
  if (bytes.length !== chunkBytes(count)) throw refuse(`${bytes.length} bytes`, `${chunkBytes(count)} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = view.getUint32(0, true);
  if (found !== magic) throw refuse(`the mark ${found.toString(16)}`, magic.toString(16));
  const crc = crc32(bytes.subarray(8));
  if (view.getUint32(4, true) !== crc) throw refuse('a wrong checksum', crc.toString(16));
  const of = view.getBigUint64(20, true).toString(16).padStart(16, '0');
  if (of !== nonce) throw refuse(`scores of the run ${of}`, nonce);
  if (view.getUint32(8, true) !== range) throw refuse(`scores of range ${view.getUint32(8, true)}`, `${range}`);
  if (view.getUint32(16, true) !== count) throw refuse(`${view.getUint32(16, true)} scores`, `${count}`);
  const version = view.getUint32(12, true);
  if (version > latest) throw refuse(`scores by parameters ${version}`, `at most ${latest}, the latest`);
  const scores = new Float32Array(count);
  for (let k = 0; k < count; k++) {
    const score = view.getFloat32(headerBytes + 4 * k, true);
    if (!(score >= 0 && score < Infinity)) throw refuse(`the score ${score}`, 'finite numbers ≥ 0');
    scores[k] = score;
  }
  return { nonce, range, version, scores };
}
