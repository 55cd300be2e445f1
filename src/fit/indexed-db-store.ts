import { fault } from '../errors.ts';
import type { CheckpointStore } from './store.ts';

/** A browser takes no larger value at once. */
const chunk = 2 ** 26;
const table = 'checkpoints';

/**
 * Checkpoints in the browser's database, in a page or a worker. A checkpoint is written in one transaction, so that a tab
 * closed meanwhile leaves the one before; one path is written by one run at a time, of all tabs.
 *
 * @param name of the database.
 * @example
 * ```ts
 * await fit(model, x, y, { checkpoint: { path: 'digits', every: 100 }, store: indexedDbStore() });
 * ```
 */
export function indexedDbStore(name = 'unequal'): CheckpointStore {
  return {
    write: async (path, parts) => {
      const bytes = joined(parts);
      await inTable(name, path, 'readwrite', (records) => {
        records.delete(all(path));
        for (let at = 0; at === 0 || at < bytes.length; at += chunk) {
          records.put(bytes.slice(at, at + chunk), [path, at / chunk]);
        }
        return undefined;
      });
    },
    read: async (path) => {
      const found = await inTable(name, path, 'readonly', (records) => records.getAll(all(path)));
      if (found.length === 0) throw new Error(`nothing of that name is in the database ${name}`);
      return joined(found);
    },
    check: async (path) => {
      await inTable(name, path, 'readwrite', () => undefined);
    },
    hold: (path) => hold(name, path),
  };
}

const all = (path: string): IDBKeyRange => IDBKeyRange.bound([path, 0], [path, Number.POSITIVE_INFINITY]);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Runs `f` in a transaction of its own; what it asks for is there once all of it is on the disk. */
async function inTable<Result>(
  name: string,
  path: string,
  mode: IDBTransactionMode,
  f: (records: IDBObjectStore) => IDBRequest<Result> | undefined,
): Promise<Result> {
  let database: IDBDatabase | undefined;
  try {
    database = await open(name);
    const transaction = database.transaction(table, mode, { durability: 'strict' });
    const request = f(transaction.objectStore(table));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    return request?.result as Result;
  } catch (cause) {
    const full = (cause as DOMException)?.name === 'QuotaExceededError';
    throw fault({
      wrong: `the checkpoint ${path} cannot be ${mode === 'readonly' ? 'read' : 'written'}`,
      got: full ? 'no room left for this page' : (cause as Error)?.message,
      mend: full ? 'remove what the page keeps, or write to another store' : 'give another store',
      cause,
    });
  } finally {
    database?.close();
  }
}

function open(name: string): Promise<IDBDatabase> {
  if (typeof indexedDB === 'undefined') throw new Error('no database (IndexedDB) in this browser');
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(table);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Two tabs that wrote one checkpoint would each resume the other's run. */
async function hold(name: string, path: string): Promise<() => void> {
  // Only pages that were sent encrypted have locks.
  const { locks } = globalThis.navigator ?? {};
  if (locks === undefined) return () => {};
  return new Promise((resolve, reject) => {
    const taken = (lock: Lock | null): Promise<void> | undefined => {
      if (lock) return new Promise((release) => resolve(release));
      const wrong = `the checkpoint ${path} is being written by another run`;
      reject(
        fault({ wrong, got: 'a second run, perhaps in another tab', mend: 'end the other one, or give another path' }),
      );
      return undefined;
    };
    locks.request(`unequal ${name} ${path}`, { ifAvailable: true }, taken).catch(reject);
  });
}
