import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { cached, cacheFolder } from '../../src/data/cache.ts';
import { checkSums, SUMS } from '../../src/data/checksums.ts';
import { withLock } from '../../src/lock/with-lock.ts';
import { temporaryFolder } from './temporary.ts';

const root = temporaryFolder();

test('the folder follows the convention of the system', () => {
  expect(cacheFolder({ UNEQUAL_DATA: '/d', XDG_CACHE_HOME: '/x' }, 'linux', '/h')).toBe('/d');
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux', '/h')).toBe(join('/x', 'unequal'));
  expect(cacheFolder({}, 'linux', '/h')).toBe(join('/h', '.cache', 'unequal'));
  expect(cacheFolder({}, 'darwin', '/h')).toBe(join('/h', 'Library', 'Caches', 'unequal'));
  expect(cacheFolder({ LOCALAPPDATA: '/l' }, 'win32', '/h')).toBe(join('/l', 'unequal', 'Cache'));
});

test('a set is built once, hashed, and then found', async () => {
  let builds = 0;
  const build = async (folder: string) => {
    builds++;
    mkdirSync(join(folder, 'inner'));
    writeFileSync(join(folder, 'inner', 'b'), 'two');
    await sleep(20);
    writeFileSync(join(folder, 'a'), 'one');
  };
  const folders = await Promise.all([
    cached(root, 'set', build),
    cached(root, 'set', build),
    cached(root, 'set', build),
  ]);
  expect(new Set(folders)).toEqual(new Set([join(root, 'set')]));
  expect(builds).toBe(1);
  expect(readFileSync(join(root, 'set', SUMS), 'utf8')).toBe(
    '7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed  a\n' +
      '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  inner/b\n',
  );
  expect(await checkSums(join(root, 'set'))).toBe(2);
  expect(readdirSync(root)).toEqual(['set']);
});

test('what an interrupted build has left is not taken for the set', async () => {
  mkdirSync(join(root, '.interrupted.unfinished'));
  writeFileSync(join(root, '.interrupted.unfinished', 'a'), 'half');
  const folder = await cached(root, 'interrupted', async (folder) => writeFileSync(join(folder, 'b'), 'whole'));
  expect(readdirSync(folder)).toEqual([SUMS, 'b']);
  expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a build that fails leaves nothing behind', async () => {
  const build = async (folder: string) => {
    writeFileSync(join(folder, 'a'), 'half');
    throw new Error('no more');
  };
  await expect(cached(root, 'failing', build)).rejects.toThrow('no more');
  expect(readdirSync(root).filter((name) => name.includes('failing'))).toEqual([]);
});

test('changed, missing and foreign files are named', async () => {
  const folder = await cached(root, 'checked', async (folder) => {
    for (const name of ['a', 'b']) writeFileSync(join(folder, name), name);
  });
  writeFileSync(join(folder, 'a'), 'A');
  await expect(checkSums(folder)).rejects.toThrow(/checked.a has not the content.*got 1 bytes.*expected ca978112/);
  writeFileSync(join(folder, 'a'), 'a');
  expect(await checkSums(folder)).toBe(2);
  writeFileSync(join(folder, 'c'), 'c');
  await expect(checkSums(folder)).rejects.toThrow(/checked.c does not belong there/);
  rmSync(join(folder, 'c'));
  rmSync(join(folder, 'b'));
  await expect(checkSums(folder)).rejects.toThrow(/checked.b is missing/);
  writeFileSync(join(folder, SUMS), 'what');
  await expect(checkSums(folder)).rejects.toThrow(/Line 1 of .*SHA256SUMS is damaged/);
  rmSync(join(folder, SUMS));
  await expect(checkSums(folder)).rejects.toThrow(/not a finished data folder/);
});

test('a lock is held by one at a time', async () => {
  const lock = join(root, 'one.lock');
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(5);
    inside--;
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(lock, work)));
  expect(most).toBe(1);
  expect(existsSync(lock)).toBe(false);
});

test('the lock of a process that has ended is taken over, and released when work fails', async () => {
  const lock = join(root, 'stale.lock');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  writeFileSync(lock, `${pid} ${hostname()} 00`);
  await expect(
    withLock(lock, async () => {
      throw new Error('failed inside');
    }),
  ).rejects.toThrow('failed inside');
  expect(readdirSync(root).filter((name) => name.startsWith('stale'))).toEqual([]);
});
