import { fault, type UnequalError } from '../errors.ts';
import type { CheckpointStore } from './store.ts';

/** A browser takes no larger value at once. */
const chunk = 2 ** 26;
const table = 'checkpoints';

/**
 * Checkpoints in the browser's database, in a page or a worker. A checkpoint is written in one transaction, so that a tab
 * closed meanwhile leaves the one before. One path is written by one run at a time, of all tabs: a second one is refused. Where
 * the browser has no locks, as on a page sent by plain HTTP, the second one goes on, and the first ends with an error.
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
      const mark = marks.get(lockName(name, path));
      let taken = false;
      const writing = inTable(name, path, 'readwrite', (records) => {
        const put = () => {
          records.delete(all(path));
          for (let at = 0; at === 0 || at < bytes.length; at += chunk) {
            records.put(bytes.slice(at, at + chunk), [path, at / chunk]);
          }
        };
        if (mark === undefined) {
          put();
          return undefined;
        }
        const asked = records.get(owner(path));
        asked.onsuccess = () => {
          taken = asked.result !== mark;
          if (taken) records.transaction.abort();
          else put();
        };
        return undefined;
      });
      await writing.catch((cause) => {
        throw taken ? anotherRun(path) : cause;
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

/** The key of the mark of the run that a checkpoint belongs to, where there are no locks. */
const owner = (path: string): IDBValidKey => [path, -1];

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

const lockName = (name: string, path: string): string => `unequal ${name} ${path}`;

/** Two tabs that wrote one checkpoint would each resume the other's run. */
async function hold(name: string, path: string): Promise<() => void> {
  // Only pages that were sent encrypted have locks.
  const { locks } = globalThis.navigator ?? {};
  if (locks === undefined) return mark(name, path);
  return new Promise((resolve, reject) => {
    const taken = (lock: Lock | null): Promise<void> | undefined => {
      if (lock) return new Promise((release) => resolve(release));
      reject(anotherRun(path));
      return undefined;
    };
    locks.request(lockName(name, path), { ifAvailable: true }, taken).catch(reject);
  });
}

/** The marks of the runs of this page, by the name that their locks would have. */
const marks = new Map<string, string>();

/**
 * Without locks nobody can tell whether the run that left its mark still goes on. So the newest run puts its own there, and
 * an older one ends when it is about to write over what is no longer its own.
 */
async function mark(name: string, path: string): Promise<() => void> {
  const key = lockName(name, path);
  if (marks.has(key)) throw anotherRun(path);
  const own = `${Date.now()} ${Math.random()}`;
  marks.set(key, own);
  try {
    await inTable(name, path, 'readwrite', (records) => records.put(own, owner(path)));
  } catch (error) {
    marks.delete(key);
    throw error;
  }
  return () => void marks.delete(key);
}

const anotherRun = (path: string): UnequalError =>
  fault({
    wrong: `the checkpoint ${path} is being written by another run`,
    got: 'a second run, perhaps in another tab',
    mend: 'end the other one, or give another path',
  });
