import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { fault, UnequalError } from '../errors.ts';
import type { State } from '../methods/method.ts';
import { checkWritable, writeWhole } from '../whole-file.ts';
import { type Bytes, decode, encode, parts } from './codec.ts';

export { decode, encode };

/**
 * For Node alone: `fit` loads this file when a checkpoint is asked for.
 *
 * Writes a checkpoint whole or not at all, so that a killed run leaves the old one or the new one.
 */
export async function writeCheckpoint(path: string, state: State): Promise<void> {
  await writeWhole(path, parts(state));
}

/** @throws UnequalError if the file cannot be read, is no checkpoint or a damaged one. */
export async function readCheckpoint(path: string): Promise<State> {
  let file: number | undefined;
  try {
    // Opening a pipe would wait for whoever writes into it.
    const found = statSync(path);
    if (!found.isFile()) throw new Error(found.isDirectory() ? 'a folder' : 'no ordinary file');
    file = openSync(path, 'r');
    return decode(inFile(file, fstatSync(file).size), path);
  } catch (cause) {
    if (cause instanceof UnequalError) throw cause;
    throw fault({ wrong: `the checkpoint ${path} cannot be read`, got: (cause as Error).message, cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Reads in parts: systems give at most 2 GiB at once. */
function inFile(file: number, length: number): Bytes {
  return {
    length,
    read: (offset, count) => {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; ) {
        const got = readSync(file, bytes, at, Math.min(2 ** 26, count - at), offset + at);
        if (got === 0) throw new Error('it has become shorter');
        at += got;
      }
      return bytes;
    },
  };
}

/** Checks where checkpoints are to be written, before any work. @throws UnequalError */
export async function checkPath(path: string): Promise<void> {
  await checkWritable(path, 'checkpoint.path');
}
