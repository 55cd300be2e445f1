import { loadPart } from '../load-part.ts';
import { inNode } from '../platform.ts';
import type { Bytes } from './codec.ts';
import { indexedDbStore } from './indexed-db-store.ts';

/** Where checkpoints are kept: files in Node, {@link indexedDbStore} in a browser, or one of your own. */
export interface CheckpointStore {
  /**
   * Keeps the bytes of `parts`, one after the other, under `path`: whole or not at all. A run that is killed meanwhile must
   * leave what was there before.
   */
  write(path: string, parts: readonly Uint8Array[]): Promise<void>;
  /** What was written last under `path`; throws if that is nothing. */
  read(path: string): Promise<Uint8Array | Bytes>;
  /** Throws if `path` cannot be written. Called before a run. */
  check?(path: string): Promise<void>;
  /** Takes `path` for a run until the function returned is called; throws if another run has it. */
  hold?(path: string): Promise<() => void>;
}

/** Files where there are files, otherwise the browser's database. */
export async function defaultStore(): Promise<CheckpointStore> {
  if (inNode()) return (await loadPart(() => import('./file-store.ts'))).fileStore;
  return indexedDbStore();
}
