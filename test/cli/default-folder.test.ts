/** Runs without --out: each has a folder of its own, also where many begin in one second. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../data/temporary.ts';
import { run } from './run.ts';

const root = temporaryFolder();
const data = join(root, 'data.csv');
const quick = ['--data', data, '--engine', 'eager', '--quiet', '--json'];
const before = process.cwd();
let count = 0;

beforeAll(async () => {
  await tf.setBackend('cpu');
  writeFileSync(data, `x,y\n${Array.from({ length: 60 }, (_, k) => `${k % 7},${(k % 7) * 2.5}`).join('\n')}\n`);
  // A second that does not pass.
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(2026, 0, 2, 3, 4, 5) });
});
beforeEach(() => {
  const here = join(root, `here-${count++}`);
  mkdirSync(here);
  process.chdir(here);
});
afterAll(() => {
  process.chdir(before);
  vi.useRealTimers();
});

it.each([
  { name: 'train', words: ['train', '--epochs', '1', ...quick] },
  { name: 'race', words: ['race', '--methods', 'uniform', '--seconds', '0.05', ...quick] },
  { name: 'gradient-norms', words: ['experiment', 'gradient-norms', '--only', 'nothing', '--json'] },
])(
  '$name',
  async ({ name, words }) => {
    const path = join('runs', `${name}-2026-01-02-030405`);
    // The folder of a process that has come no further.
    mkdirSync(`${path}-2`, { recursive: true });
    const ran = await Promise.all([run(words), run(words), run(words)]);
    if (name === 'gradient-norms') {
      // What is refused leaves none.
      expect(ran.map(({ code }) => code)).toEqual([1, 1, 1]);
      expect(readdirSync('runs')).toEqual([`${name}-2026-01-02-030405-2`]);
      return;
    }
    expect(ran.map(({ code, err }) => [code, err])).toEqual([1, 2, 3].map(() => [0, '']));
    const folders = ran.map(({ out }) => JSON.parse(out).folder);
    expect(folders.sort()).toEqual([path, `${path}-3`, `${path}-4`]);
    for (const folder of folders) expect(existsSync(join(folder, 'report.html'))).toBe(true);
    expect(readdirSync(`${path}-2`)).toEqual([]);
  },
  60_000,
);

it('is not made for a run whose data cannot be read', async () => {
  for (const command of ['train', 'race']) {
    expect((await run([command, '--data', join(root, 'none.csv')])).code).toBe(1);
  }
  expect(readdirSync('.')).toEqual([]);
});
