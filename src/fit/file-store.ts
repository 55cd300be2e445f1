import { fault } from '../errors.ts';
import { checkWritable, writeWhole } from '../whole-file.ts';
import type { Bytes } from './codec.ts';
import type { CheckpointStore } from './store.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } = process.getBuiltinModule('node:fs');
const { basename, dirname, join } = process.getBuiltinModule('node:path');

/** Checkpoints as files, for Node and what is like it. */
export const fileStore: CheckpointStore = {
  write: (path, parts) => writeWhole(path, parts),
  check: (path) => checkWritable(path, 'checkpoint.path'),
  hold,
  read: async (path) => {
    // Opening a pipe would wait for whoever writes into it.
    const found = statSync(path);
    if (!found.isFile()) throw new Error(found.isDirectory() ? 'a folder' : 'no ordinary file');
    return inFile(openSync(path, 'r'));
  },
};

/** Paths that runs of this process write checkpoints to. */
const held = new Set<string>();

/** Two runs that wrote one checkpoint would each resume the other's run. */
async function hold(path: string): Promise<() => void> {
  const file = join(realpathSync(dirname(path)), basename(path));
  if (held.has(file)) {
    const mend = 'end the other one, or give another path';
    throw fault({ wrong: `the checkpoint ${path} is being written by another run`, got: 'a second run', mend });
  }
  held.add(file);
  return () => void held.delete(file);
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
