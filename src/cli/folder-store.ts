import { rm, rmdir } from 'node:fs/promises';
import { fileStore } from '../fit/file-store.ts';
import type { CheckpointStore } from '../fit/store.ts';
import type { RunFolder } from './run-folder.ts';

/**
 * Where a run of the command line has its checkpoints: in its folder, which they do not make anew where it is gone. The
 * record that a checkpoint tells of is on the disk before it.
 */
export function storeOf(folder: RunFolder): CheckpointStore {
  return {
    ...fileStore,
    write: async (path, parts) => {
      await folder.settle();
      await fileStore.write(path, parts);
      const gone = folder.gone();
      if (gone === undefined) return;
      // It went while this was written, which has made it anew.
      await rm(path, { force: true });
      await rmdir(folder.path).catch(() => {});
      throw gone;
    },
  };
}
