import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Parser, ReadEntry } from 'tar';
import { fault, UnequalError } from '../errors.ts';
import type { OnProgress } from './progress.ts';
import { openRegular } from './regular-file.ts';

export interface UnpackOptions {
  /** How many leading folders of every path to drop. */
  readonly strip?: number;
  /** Which entries to take, by their path in the archive; default all. */
  readonly filter?: (path: string) => boolean;
  readonly onProgress?: OnProgress;
}

/** What an archive may hold: so many bytes for each of its own, and these besides. Sets of images hardly shrink. */
const MOST_RATIO = 100;
const MOST_BESIDES = 2 ** 26;
const MOST_ENTRIES = 4_000_000;
/** Bytes after the end of an archive; tar fills up to 10 kB. */
const MOST_PADDING = 2 ** 25;
/** How gzip and zstd begin, which the parser would undo itself. */
const PACKED = ['1f8b', '28b5'];

/**
 * Unpacks a tar archive, gzipped or not, into a folder. Links and devices are skipped.
 *
 * @throws UnequalError that names the archive and about where in it (the decoder reads ahead) the damage is; also where
 * a path leads out of the folder, a file is there already, or the archive holds more than it can.
 */
export async function untar(archive: string, folder: string, options: UnpackOptions = {}): Promise<void> {
  const { onProgress } = options;
  const { handle, size: total } = await openRegular(archive);
  const unpacker = new Unpacker(folder, total, options, (await import('tar')).Parser);
  let done = 0;
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    const source = handle.createReadStream({ start: 0, highWaterMark: 1 << 18 });
    source.on('data', (chunk) => {
      done += chunk.length;
      onProgress?.({ phase: 'unpack', item: basename(archive), done, total });
    });
    const write = async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) unpacker.write(chunk);
      await unpacker.end();
    };
    if (buffer.readUInt16BE() === 0x1f8b) await pipeline(source, createGunzip(), write);
    else await pipeline(source, write);
  } catch (error) {
    // A pipeline that is ended by an error may tell another.
    const cause = unpacker.failure ?? error;
    if (cause instanceof UnequalError) throw cause;
    throw fault({
      wrong: `${archive} is damaged or truncated at or before byte ${done} of ${total}`,
      got: (cause as Error).message,
      expected: 'a complete tar archive',
      mend: 'fetch it again',
      cause,
    });
  } finally {
    unpacker.close();
  }
  if (unpacker.files === 0) {
    throw fault({ wrong: `${archive} holds nothing of this data set`, got: `${total} bytes`, expected: 'its files' });
  }
}

/** Writes what it is given of an archive at once, so that nothing goes on after an error. */
class Unpacker {
  files = 0;
  readonly #folder: string;
  readonly #strip: number;
  readonly #parser: Parser;
  /** The first. */
  failure: Error | undefined;
  #file: number | undefined;
  #ended = false;
  #entries = 0;
  /** Bytes after the end of the archive, once that has been seen. */
  #padding: number | undefined;
  #written = 0;
  #bytes = 0;

  constructor(folder: string, total: number, { strip = 0, filter = () => true }: UnpackOptions, parser: typeof Parser) {
    this.#folder = folder;
    this.#strip = strip;
    const most = MOST_BESIDES + MOST_RATIO * total;
    const takes = (path: string, entry: ReadEntry) => {
      this.#bytes += Math.max(0, entry.size || 0);
      if (++this.#entries > MOST_ENTRIES) throw new Error(`more than ${MOST_ENTRIES} entries`);
      if (this.#bytes > most) throw new Error(`more than ${most} bytes in ${total}`);
      return /^(Old|Contiguous)?File$|^Directory$/.test(entry.type) && filter(path);
    };
    this.#parser = new parser({
      strict: true,
      filter: (path, entry) => this.#guarded(() => takes(path, entry as ReadEntry)) ?? false,
      onReadEntry: (entry) => this.#guarded(() => this.#take(entry)),
    });
    this.#parser.on('error', (error) => {
      this.failure ??= error as Error;
    });
    this.#parser.on('eof', () => {
      this.#padding ??= 0;
    });
    this.#parser.on('end', () => {
      this.#ended = true;
    });
  }

  write(chunk: Buffer): void {
    if (this.#written === 0 && PACKED.includes(chunk.toString('hex', 0, 2))) {
      this.failure = new Error('something packed twice, or with zstd');
      throw this.failure;
    }
    this.#written += chunk.length;
    // The parser would gather all that comes after the end.
    if (this.#padding === undefined) this.#parser.write(chunk);
    else this.#padding += chunk.length;
    if ((this.#padding ?? 0) > MOST_PADDING) {
      this.failure ??= new Error(`more than ${MOST_PADDING} bytes after its end`);
    }
    if (this.failure !== undefined) throw this.failure;
  }

  async end(): Promise<void> {
    this.#parser.end();
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failure !== undefined) throw this.failure;
    if (!this.#ended || this.#file !== undefined) throw new Error('the end of the file');
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #take(entry: ReadEntry): void {
    const path = this.#target(entry.path);
    if (path === undefined || entry.type === 'Directory') {
      if (path !== undefined) mkdirSync(path, { recursive: true });
      entry.resume();
      return;
    }
    mkdirSync(dirname(path), { recursive: true });
    const file = openNew(path);
    this.#file = file;
    this.files++;
    entry.on('data', (chunk) =>
      this.#guarded(() => {
        for (let at = 0; at < chunk.length; ) {
          const taken = writeSync(file, chunk, at);
          if (taken === 0) throw new Error(`a disk that took ${at} of ${chunk.length} bytes`);
          at += taken;
        }
      }),
    );
    entry.on('end', () => this.close());
  }

  /** Where an entry goes; nowhere where all of its path is dropped. */
  #target(path: string): string | undefined {
    const parts = path.split('/');
    const foreign = process.platform === 'win32' ? /[\0\\:]/ : /\0/;
    if (path.startsWith('/') || parts.includes('..') || foreign.test(path)) {
      throw new Error(`the path ${JSON.stringify(path.slice(0, 200))}, which leads out of its folder or nowhere`);
    }
    const kept = parts.slice(this.#strip).filter((part) => part !== '' && part !== '.');
    return kept.length === 0 ? undefined : join(this.#folder, ...kept);
  }

  /** Nothing is done after the first failure, nor are errors thrown into the parser, which cannot stop. */
  #guarded<T>(work: () => T): T | undefined {
    if (this.failure !== undefined) return undefined;
    try {
      return work();
    } catch (error) {
      this.failure = error as Error;
      return undefined;
    }
  }
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new Error(`two files that are ${path} on this file system`);
  }
}
