import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { fault } from '../errors.ts';
import { itemSize, type NpyHeader, parseNpyHeader } from './npy.ts';

/** One array of an `.npz` file: its header, then its values in chunks of whole rows. */
export interface NpzArray {
  readonly header: NpyHeader;
  /** Bytes of one index of the first axis. */
  readonly rowBytes: number;
  /** The rows from first to last, a buffer with a whole number of rows at a time. */
  rows(): AsyncGenerator<Buffer>;
}

/** An open `.npz` file (a zip of `.npy` files). Close it. */
export interface Npz {
  readonly names: readonly string[];
  array(name: string): Promise<NpzArray>;
  close(): void;
}

/**
 * Opens an `.npz` file without reading its arrays, which may be larger than memory.
 *
 * @throws UnequalError, here or from `rows()`, with the file, the array and the byte or row where it is damaged.
 */
export async function openNpz(file: string): Promise<Npz> {
  const damaged = (got: string, where = '', cause?: unknown) =>
    fault({ wrong: `${file} is damaged${where}`, got, expected: 'an intact npz file', mend: 'fetch it again', cause });
  let zip: ZipFile;
  const entries = new Map<string, Entry>();
  try {
    zip = await openPromise(file, { lazyEntries: true, autoClose: false });
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName.replace(/\.npy$/, ''), entry);
  } catch (cause) {
    throw damaged((cause as Error).message, '', cause);
  }
  const array = async (name: string): Promise<NpzArray> => {
    const entry = entries.get(name);
    if (entry === undefined) {
      throw fault({ wrong: `${file} has no array '${name}'`, got: [...entries.keys()].join(', '), expected: name });
    }
    const label = `${basename(file)}/${name}`;
    const header = await readHeader(zip, entry, label, damaged);
    if (header.fortran) throw fault({ wrong: `${label} is in Fortran order`, expected: 'C order' });
    const rowBytes = header.shape.slice(1).reduce((product, d) => product * d, itemSize(header, label));
    const expected = header.offset + rowBytes * (header.shape[0] ?? 0);
    if (entry.uncompressedSize !== expected) {
      throw damaged(
        `${entry.uncompressedSize} bytes for [${header.shape.join(', ')}], not ${expected}`,
        ` in '${name}'`,
      );
    }
    return { header, rowBytes, rows: () => readRows(zip, entry, header.offset, rowBytes, damaged) };
  };
  return { names: [...entries.keys()], array, close: () => zip.close() };
}

type Damaged = (got: string, where?: string, cause?: unknown) => Error;

async function readHeader(zip: ZipFile, entry: Entry, label: string, damaged: Damaged): Promise<NpyHeader> {
  const parts: Buffer[] = [];
  let length = 0;
  const stream = await zip.openReadStreamPromise(entry);
  try {
    for await (const chunk of stream) {
      parts.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= 4096) break;
    }
  } catch (cause) {
    throw damaged((cause as Error).message, ` in '${entry.fileName}' after byte ${length}`, cause);
  }
  return parseNpyHeader(Buffer.concat(parts), label);
}

async function* readRows(
  zip: ZipFile,
  entry: Entry,
  offset: number,
  rowBytes: number,
  damaged: Damaged,
): AsyncGenerator<Buffer> {
  let sum = 0;
  let at = 0;
  let rest: Buffer = Buffer.alloc(0);
  const where = () =>
    ` in row ${Math.max(0, Math.floor((at - offset) / rowBytes))} of '${entry.fileName}' (byte ${at})`;
  let stream: Readable;
  try {
    stream = await zip.openReadStreamPromise(entry);
    for await (const data of stream) {
      const chunk = data as Buffer;
      sum = crc32(chunk, sum);
      const skip = Math.max(0, Math.min(chunk.length, offset - at));
      at += chunk.length;
      rest = rest.length === 0 ? chunk.subarray(skip) : Buffer.concat([rest, chunk.subarray(skip)]);
      const whole = rest.length - (rest.length % rowBytes);
      if (whole > 0) {
        yield rest.subarray(0, whole);
        rest = rest.subarray(whole);
      }
    }
  } catch (cause) {
    throw damaged((cause as Error).message, where(), cause);
  }
  if (sum !== entry.crc32) {
    throw damaged(`CRC-32 ${sum.toString(16)}, not ${entry.crc32.toString(16)}`, ` somewhere in '${entry.fileName}'`);
  }
}
