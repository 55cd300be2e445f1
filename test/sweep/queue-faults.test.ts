/** What happens to the queue of a sweep: a run of its name, a server that is started anew, a worker that is not fit for it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RedisStore } from '../../src/cluster/redis-store.ts';
import { startServer } from '../../src/cluster/server.ts';
import { queueRunner } from '../../src/sweep/queue.ts';
import { sweep } from '../../src/sweep/sweep.ts';
import { checkSweep } from '../../src/sweep/sweep-config.ts';
import { sameData, smallRuns, TestQueue } from './test-queue.ts';

const queue = new TestQueue();
const methods = ['uniform', 'importance'];
const config = checkSweep({ name: 'some', train: smallRuns, vary: { method: methods } }, 'a.yaml');
const runs = methods.map((method) => ({ options: { method }, data: sameData, byBudget: false }));

it('a run of the same name leaves the queue as it is', async () => {
  const ending = new AbortController();
  const runner = await queueRunner({ url: queue.server.url, name: 'same', attempts: 1, signal: ending.signal });
  const rows = sweep(config, runs, runner, () => {}, ending.signal);
  while ((await queue.waiting('same')) < 2) await sleep(10);
  const store = await RedisStore.open({ url: queue.server.url, run: 'same' });
  await store.begin('0123456789abcdef', new Uint8Array(1));
  await store.close();
  expect(await queue.waiting('same')).toBe(2);
  ending.abort();
  await rows;
  await runner.close();
});

it.each([
  ['has other data', async () => 'other', /this worker has other data than the sweep: got other samples in mnist/],
  ['has no data', () => Promise.reject(new Error('no such file')), /no such file/],
])(
  'a worker that %s ends with an error, and its run is another’s',
  { timeout: 90_000 },
  async (what, dataOf, message) => {
    const name = what.replaceAll(' ', '-');
    const runner = await queueRunner({ url: queue.server.url, name, attempts: 1 });
    const rows = sweep(config, runs, runner, () => {});
    await expect(queue.work(name, { dataOf }).ended).rejects.toThrow(message);
    const fit = queue.work(name);
    expect((await rows).map(({ failed, result }) => [failed, result?.epochs])).toEqual([
      [undefined, 1],
      [undefined, 1],
    ]);
    fit.end();
    expect(await fit.ended).toBe(2);
    await runner.close();
  },
);

it('a worker whose folder holds something else leaves it, and the run is another’s', { timeout: 60_000 }, async () => {
  const runner = await queueRunner({ url: queue.server.url, name: 'folder', attempts: 1 });
  const rows = sweep(config, runs, runner, () => {});
  const taken = join(queue.folder, 'taken');
  for (const run of ['run-0', 'run-1']) {
    await mkdir(join(taken, run), { recursive: true });
    await writeFile(join(taken, run, 'thesis.txt'), 'mine');
  }
  await expect(queue.work('folder', { folder: taken }).ended).rejects.toThrow(/is not empty: got thesis.txt/);
  expect(await readFile(join(taken, 'run-0', 'thesis.txt'), 'utf8')).toBe('mine');
  const fit = queue.work('folder');
  expect((await rows).every(({ failed }) => failed === undefined)).toBe(true);
  fit.end();
  await fit.ended;
  await runner.close();
});

it('a server that is started anew, and has lost all jobs, is given them again', { timeout: 120_000 }, async () => {
  const { port, password } = new URL(queue.server.url);
  const said: string[] = [];
  const runner = await queueRunner({
    url: queue.server.url,
    name: 'lost',
    attempts: 1,
    say: (words) => said.push(words),
  });
  const rows = sweep(config, runs, runner, () => {});
  while ((await queue.waiting('lost')) < 2) await sleep(10);
  const worker = queue.work('lost');
  await sleep(300);
  await queue.server.stop();
  await sleep(1_500);
  queue.server = await startServer({ port: Number(port), password });
  expect((await rows).map(({ failed, result }) => [failed, result?.epochs])).toEqual([
    [undefined, 1],
    [undefined, 1],
  ]);
  worker.end();
  await worker.ended;
  await runner.close();
  for (const words of [said, worker.said])
    expect(words).toEqual([expect.stringMatching(/has gone away/), expect.stringMatching(/is back/)]);
});

it('a sweep and a worker that are stopped while the server is away end', { timeout: 60_000 }, async () => {
  const { port, password } = new URL(queue.server.url);
  const ending = new AbortController();
  const runner = await queueRunner({ url: queue.server.url, name: 'away', attempts: 1, signal: ending.signal });
  const worker = queue.work('empty');
  const rows = sweep(config, runs, runner, () => {}, ending.signal);
  while ((await queue.waiting('away')) < 2) await sleep(10);
  await queue.server.stop();
  await sleep(1_000);
  ending.abort();
  worker.end();
  expect((await rows).every(({ result }) => result === undefined)).toBe(true);
  expect(await worker.ended).toBe(0);
  await runner.close();
  queue.server = await startServer({ port: Number(port), password });
});
