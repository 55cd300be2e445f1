import { checkWritable, writeWhole } from '../whole-file.ts';
import type { Bytes } from './codec.ts';
import type { CheckpointStore } from './store.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { closeSync, fstatSync, openSync, readSync, statSync } = process.getBuiltinModule('node:fs');

/** Checkpoints as files, for Node and what is like it. */
export const fileStore: CheckpointStore = {
  write: (path, parts) => writeWhole(path, parts),
  check: (path) => checkWritable(path, 'checkpoint.path'),
  read: async (path) => {
    // Opening a pipe would wait for whoever writes into it.
    const found = statSync(path);
    if (!found.isFile()) throw new Error(found.isDirectory() ? 'a folder' : 'no ordinary file');
    return inFile(openSync(path, 'r'));
  },
};

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
