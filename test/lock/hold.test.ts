/** A lock that is held for as long as a run lasts. Real processes: test/fit/two-processes.test.ts. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { fault, UnequalError } from '../../src/errors.ts';
import type { LockTimes } from '../../src/lock/acquire.ts';
import { hold } from '../../src/lock/hold.ts';
import { checkEmpty, holdFolder } from '../../src/lock/hold-folder.ts';
import { myself } from '../../src/lock/holder.ts';
import { temporaryFolder } from '../data/temporary.ts';

const root = temporaryFolder();
const TIMES: Partial<LockTimes> = { poll: 10, beat: 20, tell: 50, stale: 150 };
const BOOT = '/proc/sys/kernel/random/boot_id';
const refused = (who: string) => fault({ wrong: 'it is taken', got: who });
const held = (lock: string, times = TIMES) => hold(lock, refused, times);
const warnings = () => vi.spyOn(console, 'warn').mockImplementation(() => {});
afterEach(() => vi.restoreAllMocks());

test.skipIf(!existsSync(BOOT))(
  'who comes second is refused at once, and told who has it; then it is free',
  async () => {
    const lock = join(root, 'second');
    const one = await held(lock);
    const who = `process ${process.pid}, this one, on ${hostname()} since 20`;
    await expect(held(lock, { ...TIMES, stale: 1e9 })).rejects.toThrow(who);
    await expect(held(lock)).rejects.toThrow(UnequalError);
    await one.keep();
    one.release();
    expect(existsSync(lock)).toBe(false);
    (await held(lock)).release();
  },
);

test.skipIf(!existsSync(BOOT))(
  'that of a process that has ended is taken at once, also where its number is used again',
  async () => {
    const lock = join(root, 'ended');
    const [, host, place, birth] = myself().split(' ');
    // No process has so large a number.
    for (const [pid, began] of [
      [4_194_305, birth],
      [process.pid, Number(birth) - 1],
    ]) {
      writeFileSync(lock, `${pid} ${host} ${place} ${began} 2026-01-02T03:04:05.678Z 0123456789ab`);
      (await held(lock, { ...TIMES, stale: 1e9 })).release();
      expect(readdirSync(root).filter((name) => name.startsWith('ended'))).toEqual([]);
    }
  },
);

test.each([
  [
    'of another machine',
    '1 elsewhere - - 2026-01-02T03:04:05.678Z 0123456789ab',
    'process 1 on elsewhere since 2026-01-02 03:04:05 UTC',
  ],
  ['that is empty', '', 'an unknown process'],
  ['of garbage', '\u001b[31m\0\xff'.repeat(1000), 'an unknown process'],
])('one %s is respected as long as it is touched, and then no more', async (_, content, who) => {
  const lock = join(root, 'silent');
  writeFileSync(lock, content);
  let seconds = 0;
  const beat = setInterval(() => utimesSync(lock, ++seconds, seconds), 40);
  await expect(held(lock)).rejects.toThrow(`it is taken: got ${who}`);
  clearInterval(beat);
  const warn = warnings();
  (await held(lock)).release();
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining(`waiting for ${who}, which holds ${lock}; it counts as ended`)],
  ]);
});

test('its holder touches it, so that other machines see that it lives', async () => {
  const lock = join(root, 'beat');
  const one = await held(lock);
  const elsewhere = readFileSync(lock, 'latin1').replace(/^\d+ \S+ \S+/, '1 elsewhere -');
  one.release();
  // As another machine sees it.
  writeFileSync(lock, elsewhere);
  const beat = setInterval(() => utimesSync(lock, new Date(), new Date()), 20);
  await expect(held(lock)).rejects.toThrow('process 1 on elsewhere');
  clearInterval(beat);
  rmSync(lock);
  const again = await held(lock);
  utimesSync(lock, 1, 1);
  await vi.waitFor(() => expect(Date.now() - Number(statSync(lock).mtimeMs)).toBeLessThan(60_000));
  again.release();
});

test('timers of a browser in the place of those of Node, as jsdom puts them, change nothing', async () => {
  vi.spyOn(globalThis, 'setInterval').mockReturnValue(1 as never);
  (await held(join(root, 'jsdom'))).release();
});

test('whoever has lost it hears of it before it writes; one that was removed is taken again', async () => {
  const lock = join(root, 'lost');
  const one = await held(lock);
  rmSync(lock);
  await one.keep();
  expect(existsSync(lock)).toBe(true);
  writeFileSync(lock, '1 elsewhere - - 2026-01-02T03:04:05.678Z 0123456789ab');
  await expect(one.keep()).rejects.toThrow('it is taken: got process 1 on elsewhere');
  one.release();
  expect(readFileSync(lock, 'latin1')).toContain('elsewhere');
});

test('a folder in its place is refused; where there can be none this is said once, and nobody is refused', async () => {
  mkdirSync(join(root, 'folder'));
  await expect(held(join(root, 'folder'))).rejects.toThrow(/folder is no lock: got a folder, .* remove it/);
  const warn = warnings();
  const long = join(root, 'x'.repeat(250));
  const [one, two] = [await held(long), await held(long)];
  await one.keep();
  for (const each of [one, two]) each.release();
  expect(warn.mock.calls).toEqual([
    [expect.stringMatching(/cannot be made or read .*: see that no other process writes there/)],
  ]);
});

test('a folder with nothing but its lock is empty, and that of one process', async () => {
  const folder = join(root, 'deep', 'run');
  await checkEmpty(folder);
  const one = await holdFolder(folder);
  await checkEmpty(folder);
  await expect(holdFolder(folder)).rejects.toThrow(
    /run is being written by another process: got process .* give --out/,
  );
  one.release();
  writeFileSync(join(folder, 'config.json'), '');
  await expect(checkEmpty(folder)).rejects.toThrow(/is not empty: got config.json/);
  await expect(checkEmpty(join(folder, 'config.json'))).rejects.toThrow(
    /cannot be a run folder: got a file: .*config\.json,/,
  );
  await expect(checkEmpty(join(folder, 'config.json', 'x', 'y'))).rejects.toThrow(/: got a file: .*config\.json,/);
  await expect(holdFolder(join(folder, 'config.json'))).rejects.toThrow(/cannot be made/);
});
