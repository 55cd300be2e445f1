import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { fault } from '../errors.ts';
import { itemSize, LONGEST_HEADER, type NpyHeader, parseNpyHeader } from './npy.ts';
import { sizeOfRegular } from './regular-file.ts';

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

/** Arrays that a file may hold; NumPy writes one for each argument of `savez`. */
const MOST_ARRAYS = 1024;
/** Bytes of one row, which is held in memory whole. */
const LONGEST_ROW = 2 ** 24;
/** Deflate makes no more than this of one byte. */
const DEFLATE_RATIO = 1032;
/** Rows are handed on in blocks of about this many bytes. */
const BLOCK = 2 ** 16;

/**
 * Opens an `.npz` file without reading its arrays, which may be larger than memory.
 *
 * @throws UnequalError, here or from `rows()`, with the file, the array and the byte or row where it is damaged.
 */
export async function openNpz(file: string): Promise<Npz> {
  const damaged = (got: string, where = '', cause?: unknown) =>
    fault({ wrong: `${file} is damaged${where}`, got, expected: 'an intact npz file', mend: 'fetch it again', cause });
  await sizeOfRegular(file);
  let zip: ZipFile | undefined;
  const entries = new Map<string, Entry>();
  try {
    const { openPromise } = await import('yauzl');
    zip = await openPromise(file, { lazyEntries: true, autoClose: false });
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.replace(/\.npy$/, '');
      if (entries.has(name)) throw new Error(`two arrays '${name}'`);
      if (entries.size === MOST_ARRAYS) throw new Error(`more than ${MOST_ARRAYS} arrays`);
      entries.set(name, entry);
    }
  } catch (cause) {
    zip?.close();
    throw damaged((cause as Error).message, '', cause);
  }
  const open = zip;
  const array = async (name: string): Promise<NpzArray> => {
    const entry = entries.get(name);
    if (entry === undefined) {
      const names = [...entries.keys()].slice(0, 8).join(', ');
      throw fault({ wrong: `${file} has no array '${name}'`, got: names === '' ? 'none' : names, expected: name });
    }
    const label = `${basename(file)}/${name}`;
    const { uncompressedSize, compressedSize } = entry;
    const where = ` in '${name}'`;
    if (uncompressedSize > DEFLATE_RATIO * compressedSize) {
      throw damaged(`${uncompressedSize} bytes declared for ${compressedSize} bytes of deflate`, where);
    }
    const header = await readHeader(open, entry, label, damaged);
    const { shape, fortran, offset } = header;
    if (fortran) {
      throw fault({
        wrong: `${label} is in Fortran order`,
        expected: 'C order',
        mend: `save it with numpy.ascontiguousarray(${name})`,
      });
    }
    if (shape.length === 0) throw fault({ wrong: `${label} is a single number`, expected: 'one row a sample' });
    const rowBytes = shape.slice(1).reduce((product, d) => product * d, itemSize(header, label));
    if (!(rowBytes >= 1 && rowBytes <= LONGEST_ROW)) {
      throw damaged(`rows of ${rowBytes} bytes, not of 1 to ${LONGEST_ROW}`, where);
    }
    const expected = offset + rowBytes * shape[0];
    if (uncompressedSize !== expected) {
      throw damaged(`${uncompressedSize} bytes for [${shape.join(', ')}], not ${expected}`, where);
    }
    return { header, rowBytes, rows: () => readRows(open, entry, offset, rowBytes, damaged) };
  };
  return { names: [...entries.keys()], array, close: () => open.close() };
}

type Damaged = (got: string, where?: string, cause?: unknown) => Error;

async function readHeader(zip: ZipFile, entry: Entry, label: string, damaged: Damaged): Promise<NpyHeader> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
      parts.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= LONGEST_HEADER) break;
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
  const perBlock = Math.max(1, Math.floor(BLOCK / rowBytes)) * rowBytes;
  const newBlock = () => Buffer.allocUnsafe(Math.min(perBlock, entry.uncompressedSize - offset));
  let block = newBlock();
  let filled = 0;
  const where = () =>
    ` in row ${Math.max(0, Math.floor((at - offset) / rowBytes))} of '${entry.fileName}' (byte ${at})`;
  let stream: Readable | undefined;
  try {
    stream = await zip.openReadStreamPromise(entry);
    for await (const data of stream) {
      const chunk = data as Buffer;
      sum = crc32(chunk, sum);
      let from = Math.max(0, Math.min(chunk.length, offset - at));
      at += chunk.length;
      while (from < chunk.length) {
        const copied = chunk.copy(block, filled, from);
        from += copied;
        filled += copied;
        if (filled < block.length) continue;
        yield block;
        block = newBlock();
        filled = 0;
      }
    }
  } catch (cause) {
    throw damaged((cause as Error).message, where(), cause);
  }
  // The size of the entry is that of whole rows, which its stream has been held to.
  if (filled > 0) yield block.subarray(0, filled);
  if (sum !== entry.crc32) {
    throw damaged(`CRC-32 ${sum.toString(16)}, not ${entry.crc32.toString(16)}`, ` somewhere in '${entry.fileName}'`);
  }
}
