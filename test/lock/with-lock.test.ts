import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { cached } from '../../src/data/cache.ts';
import { UnequalError } from '../../src/errors.ts';
import type { LockTimes } from '../../src/lock/acquire.ts';
import { myself } from '../../src/lock/holder.ts';
import { withLock } from '../../src/lock/with-lock.ts';
import { bundled } from '../data/bundle.ts';
import { temporaryFolder } from '../data/temporary.ts';

const root = temporaryFolder();
/** Short enough for a test; a lock that is not taken over at once ends in an error. */
const TIMES: Partial<LockTimes> = { poll: 10, tell: 50, stale: 300_000, giveUp: 400 };
const BOOT = '/proc/sys/kernel/random/boot_id';

let script: Awaited<ReturnType<typeof bundled>>;
const children: ChildProcess[] = [];
beforeAll(async () => {
  script = await bundled('test/lock/waiting-child.ts');
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(script.folder, { recursive: true, force: true });
});

function holder(lock: string, milliseconds: number): ChildProcess {
  const child = spawn(process.execPath, [script.file, lock, `${lock}.log`, `${milliseconds}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function held(lock: string): Promise<ChildProcess> {
  const child = holder(lock, 60_000);
  await once(child.stdout!, 'data');
  return child;
}

const taken = (lock: string, times = TIMES) => withLock(lock, async () => 'done', { times, onWait: () => {} });

test('processes take turns', async () => {
  const lock = join(root, 'turns.lock');
  const ends = Array.from({ length: 4 }, () => once(holder(lock, 30), 'exit'));
  for (const [code] of await Promise.all(ends)) expect(code).toBe(0);
  expect(readFileSync(`${lock}.log`, 'utf8')).toBe('in out '.repeat(4));
  expect(existsSync(lock)).toBe(false);
});

test('the lock of a killed process is taken over at once', async () => {
  const lock = join(root, 'killed.lock');
  const child = await held(lock);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(lock)).toBe(true);
  expect(await taken(lock)).toBe('done');
  expect(readdirSync(root).filter((name) => name.startsWith('killed'))).toEqual(['killed.lock.log']);
});

test('whom is waited for is told once, and waiting ends', async () => {
  const lock = join(root, 'living.lock');
  const child = await held(lock);
  const told: string[] = [];
  // However long it has not touched its lock: it is seen to live.
  const times = existsSync(BOOT) ? { ...TIMES, stale: 1 } : TIMES;
  const waiting = withLock(lock, async () => 'done', {
    times,
    onWait: (whom) => told.push(whom),
  });
  await expect(waiting).rejects.toThrow(UnequalError);
  await expect(waiting).rejects.toThrow(
    new RegExp(`living\\.lock has been held too long: got process ${child.pid} on`),
  );
  expect(told).toEqual([
    expect.stringMatching(
      new RegExp(`^for process ${child.pid} on ${hostname()} since 20[-0-9]{8} [0-9:]{8} UTC, which holds ${lock}$`),
    ),
  ]);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await expect(withLock(lock, async () => 'done', { times })).rejects.toThrow(/held too long/);
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});

test.skipIf(!existsSync(BOOT))('a process that has the number of one that ended is not waited for', async () => {
  const lock = join(root, 'reused.lock');
  const [, host, place, birth] = myself().split(' ');
  expect(Number(birth)).toBeGreaterThan(0);
  writeFileSync(lock, `${process.pid} ${host} ${place} ${Number(birth) - 1} 0123456789ab`);
  expect(await taken(lock)).toBe('done');
});

test.each([
  ['of another machine', '1 elsewhere - - 0123456789ab', 'process 1 on elsewhere'],
  ['as older versions wrote it', `${process.pid} ${hostname()} 0123456789ab`, `process ${process.pid} on`],
  ['that is empty', '', 'an unknown process'],
  ['of garbage', '\u001b[31m\0\xff'.repeat(1000), 'an unknown process'],
  ['with a number that is none', `0 ${hostname()} 00`, 'an unknown process'],
])('a lock %s is taken over when it is no longer touched, and not before', async (_name, content, name) => {
  const lock = join(root, 'silent.lock');
  writeFileSync(lock, content);
  let seconds = 0;
  const beat = setInterval(() => utimesSync(lock, ++seconds, seconds), 20);
  const times = { ...TIMES, stale: 150 };
  await expect(taken(lock, times)).rejects.toThrow(name);
  clearInterval(beat);
  expect(await taken(lock, { ...times, giveUp: 60_000 })).toBe('done');
});

test('what is no lock is refused at once', async () => {
  const folder = join(root, 'folder.lock');
  mkdirSync(folder);
  await expect(taken(folder, {})).rejects.toThrow(/folder\.lock is no lock: got a folder/);
  const pipe = join(root, 'pipe.lock');
  execFileSync('mkfifo', [pipe]);
  await expect(taken(pipe, {})).rejects.toThrow(/pipe\.lock is no lock: got no file/);
  await expect(taken(join(root, 'nowhere', 'x.lock'), {})).rejects.toThrow(UnequalError);
});

test('a build whose lock was taken over does not replace what the other one built', async () => {
  const build = async (folder: string) => {
    writeFileSync(join(folder, 'a'), 'late');
    writeFileSync(join(root, 'set.lock'), '1 elsewhere - - 0123456789ab');
  };
  await expect(cached(root, 'set', build)).rejects.toThrow(/set is being built by another process/);
  expect(existsSync(join(root, 'set'))).toBe(false);
  expect(readFileSync(join(root, 'set.lock'), 'utf8')).toContain('elsewhere');
});

test('a file in the place of the set is told', async () => {
  writeFileSync(join(root, 'file'), '');
  await expect(cached(root, 'file', async () => {})).rejects.toThrow(/file is in the way: got a file/);
  await expect(cached(join(root, 'file'), 'x', async () => {})).rejects.toThrow(UnequalError);
});
