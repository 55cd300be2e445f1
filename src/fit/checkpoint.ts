import { fault, UnequalError } from '../errors.ts';
import type { State } from '../methods/method.ts';
import { type Bytes, decode, encode, parts } from './codec.ts';
import { type CheckpointStore, defaultStore } from './store.ts';

export { decode, encode };

/** Writes a checkpoint whole or not at all, so that a killed run leaves the old one or the new one. */
export async function writeCheckpoint(path: string, state: State, store?: CheckpointStore): Promise<void> {
  await (store ?? (await defaultStore())).write(path, parts(state));
}

/** @throws UnequalError if there is nothing to read, no checkpoint or a damaged one. */
export async function readCheckpoint(path: string, store?: CheckpointStore): Promise<State> {
  let bytes: Partial<Bytes> | undefined;
  try {
    const found = await (store ?? (await defaultStore())).read(path);
    bytes = found;
    return decode(found, path);
  } catch (cause) {
    if (cause instanceof UnequalError) throw cause;
    throw fault({ wrong: `the checkpoint ${path} cannot be read`, got: (cause as Error).message, cause });
  } finally {
    bytes?.close?.();
  }
}
