/** A data set that is not on this machine is fetched: whoever waits is told, and from where. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { run } from './run.ts';

let cache: string;
const said = vi.fn();
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'unequal-fetch-'));
  vi.stubEnv('UNEQUAL_DATA', cache);
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no network here')));
  said.mockClear();
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said(text) ?? true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});
const words = () => said.mock.calls.join('');

it.each(['train', 'race', 'rate', 'advise'])('unequal %s says so once, before it fetches', async (command) => {
  const { code, err } = await run([command, '--data', 'cifar-100', '--quiet']);
  expect([code, err]).toEqual([1, expect.stringMatching(/no network here/)]);
  expect(words()).toMatch(/^fetching cifar-100, \d+ MB, from https:\/\/\S+ into .*unequal-fetch-\S+, this once\n$/);
});

it('says nothing where nothing is fetched', async () => {
  await mkdir(join(cache, 'cifar-100'));
  expect((await run(['rate', '--data', 'cifar-100', '--quiet'])).code).toBe(1);
  expect((await run(['rate', '--data', 'cifar-100', '--target', 'x', '--quiet'])).code).toBe(1);
  expect(words()).toBe('');
});

it('refuses texts before they are fetched, and offers none', async () => {
  const { code, err } = await run(['train', '--data', 'spam-assassin', '--quiet']);
  expect([code, err]).toEqual([1, expect.stringMatching(/^spam-assassin holds texts.*in a program: loadSamples/)]);
  expect(words()).toBe('');
  expect((await run(['train', '--help'])).out).not.toContain('spam-assassin');
});
