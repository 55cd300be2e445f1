import { fault } from '../errors.ts';
import { makeFolder } from '../whole-file.ts';
import { type Hold, hold } from './hold.ts';
import { isLeftover } from './lock-file.ts';
import { withLock } from './with-lock.ts';

const { readdir } = process.getBuiltinModule('node:fs/promises');
const { existsSync } = process.getBuiltinModule('node:fs');
const { dirname, join } = process.getBuiltinModule('node:path');

const LOCK = 'run.lock';

/**
 * Makes a folder where there is none, and takes it for a process that writes a run into it.
 * @throws UnequalError that says who has it, or why it cannot be made.
 */
export async function holdFolder(path: string): Promise<Hold> {
  await makeFolder(path).catch((cause: Error) => {
    throw fault({ wrong: `the run folder ${path} cannot be made`, got: cause.message, cause });
  });
  return hold(join(path, LOCK), (who) =>
    fault({
      wrong: `${path} is being written by another process`,
      got: who,
      mend: 'wait for its end or end it, or give --out a new folder',
    }),
  );
}

/** Does something with a folder, which is there, once no other process writes to it: for a minute that is waited for. */
export function whenFree<T>(path: string, work: () => Promise<T>): Promise<T> {
  return withLock(join(path, LOCK), work, { times: { giveUp: 60_000 } });
}

/** @throws UnequalError if a folder holds anything but its lock, or is none. Nothing there is fine. */
export async function checkEmpty(path: string): Promise<void> {
  const all = await readdir(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    const got = cause.code === 'ENOTDIR' ? `a file: ${fileIn(path)}` : cause.message;
    throw fault({ wrong: `${path} cannot be a run folder`, got, mend: 'give --out a new folder', cause });
  });
  const found = all.filter((name) => name !== LOCK && !isLeftover(name, LOCK));
  if (found.length === 0) return;
  throw fault({ wrong: `${path} is not empty`, got: found.slice(0, 3).join(', '), mend: 'give --out a new folder' });
}

/** The file that stands where a folder would have to be. */
function fileIn(path: string): string {
  const above = dirname(path);
  return existsSync(path) || above === path ? path : fileIn(above);
}
