import type { FileHandle } from 'node:fs/promises';
import { fault, UnequalError } from './errors.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { randomBytes } = process.getBuiltinModule('node:crypto');
const { constants, fsync } = process.getBuiltinModule('node:fs');
const { access, mkdir, open, readdir, realpath, rename, rm, stat } = process.getBuiltinModule('node:fs/promises');
const { hostname } = process.getBuiltinModule('node:os');
const { dirname, join } = process.getBuiltinModule('node:path');
const { promisify } = process.getBuiltinModule('node:util');

/** For Node alone. Systems write at most 2 GiB at once. */
const most = 2 ** 26;

let written = 0;
/** Asked for when it is needed: Deno allows it to some programs only. */
const thisHost = (): string =>
  hostname()
    .replace(/[^\w-]/g, '')
    .slice(0, 40) || 'host';

/**
 * Writes a file whole or not at all: under another name first, to the disk, and then renamed. Whoever is killed in
 * between, or has no room left, leaves the old file as it was. Folders on the way are made.
 *
 * @param parts the file, or its parts one after the other.
 * @throws UnequalError that says why it cannot be written, or what making a part has thrown.
 */
export async function writeWhole(
  path: string,
  parts: string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<void> {
  let temporary: string | undefined;
  try {
    // A link stays one, and leads to the new file.
    const target = await realpath(path).catch(() => path);
    const folder = dirname(target);
    await makeFolder(folder);
    const mode = await stat(target).then(
      ({ mode }) => mode & 0o777,
      () => 0o666,
    );
    const name = join(folder, temporaryName());
    const file = await open(name, 'wx', mode);
    temporary = name;
    try {
      const whole = typeof parts === 'string' || parts instanceof Uint8Array;
      for await (const part of whole ? [parts] : parts)
        await writeAll(file, typeof part === 'string' ? new TextEncoder().encode(part) : part);
      await syncFile(file);
    } finally {
      await file.close();
    }
    await rename(name, target);
    temporary = undefined;
    await syncFolder(folder);
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { force: true }).catch(() => {});
    if (cause instanceof UnequalError) throw cause;
    throw fault({ wrong: `${path} cannot be written`, got: (cause as Error).message, cause });
  }
}

/** Makes a folder and those on the way. Node's own way never ends in a place like /proc, where there are none to be made. */
export async function makeFolder(folder: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => undefined,
  );
  if (isFolder) return;
  if (isFolder === false) throw new Error(`${folder} is no folder`);
  const above = dirname(folder);
  if (above !== folder) await makeFolder(above);
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    // Someone else may have made it meanwhile.
    if (error.code !== 'EEXIST') throw error;
  });
}

/** @throws Error if not every byte is taken: a full disk may take a part of them without an error. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(most, bytes.length - at));
    if (bytesWritten === 0) throw new Error(`only ${at} of ${bytes.length} bytes were taken`);
    at += bytesWritten;
  }
}

/**
 * What is said where it cannot be done: by systems, for some network drives, and by Node's permission model (the last), whatever it
 * allows. A disk that is full or broken says something else.
 */
const noSync = new Set(['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'ERR_ACCESS_DENIED']);

/** Waits until the file is on the disk, where the system can do that. */
export async function syncFile(file: Pick<FileHandle, 'fd'>): Promise<void> {
  // Not `file.sync`, which Yarn Plug'n'Play has not got.
  await promisify(fsync)(file.fd).catch((error: NodeJS.ErrnoException) => {
    if (!noSync.has(error.code ?? '')) throw error;
  });
}

/** The new name itself must be on the disk. Some systems cannot do that for a folder, and need not. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await syncFile(handle).finally(() => handle.close());
  } catch {
    // As on Windows.
  }
}

/** Not two writes, threads or processes have the same. */
function temporaryName(): string {
  return `.unequal-${thisHost()}-${process.pid}-${written++}-${randomBytes(6).toString('hex')}.tmp`;
}

const pattern = /^\.unequal-(.+)-(\d+)-\d+-[0-9a-f]{12}\.tmp$/;

/** Removes from a folder what writes of processes that were killed have left there. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const [, where, pid] = pattern.exec(name) ?? [];
    if (where !== thisHost()) continue;
    const path = join(folder, name);
    const modified = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (isAbandoned(Number(pid), modified)) await rm(path, { force: true }).catch(() => {});
  }
}

function isAbandoned(pid: number, modified: number): boolean {
  // In a container every process may have the same number.
  if (pid === process.pid) return modified < Date.now() - 1000 * process.uptime() - 2000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Makes the folder of a file that is to be written later and removes what killed processes have left in it.
 * @param what names the option in errors.
 * @throws UnequalError if the file cannot be written.
 */
export async function checkWritable(path: unknown, what: string): Promise<void> {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    const got = typeof path === 'string' ? JSON.stringify(path) : String(path);
    throw fault({ wrong: `bad ${what}`, got, expected: 'the path of a file' });
  }
  const refuse = (got: string, cause?: unknown) =>
    fault({ wrong: `${what} cannot be written`, got: `${path}: ${got}`, mend: 'give another path', cause });
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() || /[\\/]$/.test(path)) throw refuse('a folder');
  if (found && !found.isFile()) throw refuse('no ordinary file');
  try {
    if (found) await access(path, constants.W_OK);
    const folder = dirname(await realpath(path).catch(() => path));
    await makeFolder(folder);
    await removeUnfinished(folder);
    // What a folder allows is known only by trying.
    const probe = join(folder, temporaryName());
    await (await open(probe, 'wx')).close();
    await rm(probe);
  } catch (cause) {
    throw refuse((cause as Error).message, cause);
  }
}
