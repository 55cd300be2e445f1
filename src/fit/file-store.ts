import { fault, type UnequalError } from '../errors.ts';
import { type Hold, hold as holdLock } from '../lock/hold.ts';
import { checkWritable, writeWhole } from '../whole-file.ts';
import { type Bytes, isCheckpoint } from './codec.ts';
import type { CheckpointStore } from './store.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { closeSync, existsSync, fstatSync, openSync, readSync, realpathSync, statSync } =
  process.getBuiltinModule('node:fs');
const { basename, dirname, join } = process.getBuiltinModule('node:path');

/** Checkpoints as files, for Node and what is like it. */
export const fileStore: CheckpointStore = {
  write: async (path, parts) => {
    await held.get(placeOf(path))?.keep();
    await writeWhole(path, parts);
  },
  check: async (path) => {
    await checkWritable(path, 'checkpoint.path');
    if (existsSync(path)) checkOwn(path);
  },
  hold,
  read: async (path) => {
    // Opening a pipe would wait for whoever writes into it.
    const found = statSync(path);
    if (!found.isFile()) throw new Error(found.isDirectory() ? 'a folder' : 'no ordinary file');
    return inFile(openSync(path, 'r'));
  },
};

/** @throws UnequalError for a file that no run has written: the first checkpoint would take its place. */
function checkOwn(path: string): void {
  const bytes = inFile(openSync(path, 'r'));
  try {
    if (bytes.length === 0 || isCheckpoint(bytes)) return;
  } finally {
    bytes.close?.();
  }
  throw fault({
    wrong: 'checkpoint.path is of another file, which a checkpoint would replace',
    got: path,
    expected: 'a new path, or that of a checkpoint',
    mend: 'give another path, or remove the file',
  });
}

/** Files that runs of this process write checkpoints to; nothing where the lock is still asked for. */
const held = new Map<string, Hold | undefined>();

/** Two runs that wrote one checkpoint, of this process or of two, would each resume the other's run. */
async function hold(path: string): Promise<() => void> {
  const file = placeOf(path);
  const refused = (who: string): UnequalError =>
    fault({
      wrong: `the checkpoint ${path} is being written by another run`,
      got: who,
      mend: 'wait for its end or end it, or give another path',
    });
  if (held.has(file)) throw refused('a second run of this process');
  held.set(file, undefined);
  try {
    const lock = await holdLock(`${file}.lock`, refused);
    held.set(file, lock);
    return () => {
      held.delete(file);
      lock.release();
    };
  } catch (error) {
    held.delete(file);
    throw error;
  }
}

/** One name for a file, however it is reached. */
function placeOf(path: string): string {
  try {
    return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

/** Reads in parts: systems give at most 2 GiB at once. */
function inFile(file: number): Bytes {
  return {
    length: fstatSync(file).size,
    read: (offset, count) => {
      const bytes = new Uint8Array(count);
      for (let at = 0; at < count; ) {
        const got = readSync(file, bytes, at, Math.min(2 ** 26, count - at), offset + at);
        if (got === 0) throw new Error('it has become shorter');
        at += got;
      }
      return bytes;
    },
    close: () => closeSync(file),
  };
}
