import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { dataTeller } from '../../src/cli/sweep-data.ts';
import { clean } from '../../src/cluster/clean.ts';
import { connect } from '../../src/cluster/redis-client.ts';
import type { JobRunner } from '../../src/sweep/job-runner.ts';
import { localRunner } from '../../src/sweep/job-runner.ts';
import { queueRunner } from '../../src/sweep/queue.ts';
import { type SweepRow, sweep as sweepOf } from '../../src/sweep/sweep.ts';
import { checkSweep, combinations, type SweepConfig } from '../../src/sweep/sweep-config.ts';
import { sameData, smallRuns, TestQueue } from './test-queue.ts';

const queue = new TestQueue();

const config = (more: object) => checkSweep({ name: 'small', train: smallRuns, attempts: 2, ...more }, 'a.yaml');

const sweep = (of: SweepConfig, runner: JobRunner, told: () => void, signal?: AbortSignal): Promise<SweepRow[]> =>
  sweepOf(
    of,
    combinations(of, () => false).map((options) => ({ options, data: sameData, byBudget: false })),
    runner,
    told,
    signal,
  );

it('runs of a sweep are trained by workers of a queue; one that fails is tried again and told', {
  retry: 2,
  timeout: 180_000,
}, async () => {
  const runner = await queueRunner({ url: queue.server.url, name: 'small', attempts: 2 });
  const told: number[] = [];
  const worker = queue.work('small', {}, ({ id }, outcome) => {
    if ('result' in outcome) told.push(id);
  });
  const rows = await sweep(config({ vary: { method: ['uniform', 'importance', 'no-such'] } }), runner, () => {});
  worker.end();
  expect(await worker.ended).toBe(2);
  await runner.close();
  expect(told.sort()).toEqual([0, 1]);
  expect(rows.map(({ failed }) => failed !== undefined)).toEqual([false, false, true]);
  expect(rows[2].failed).toMatch(/no-such/);
  for (const { id, result } of rows.slice(0, 2)) {
    expect(result!.trainLoss).toBeGreaterThan(0);
    expect(existsSync(join(queue.folder, 'small', `run-${id}`, 'checkpoint'))).toBe(true);
  }
  expect(await clean(queue.server.url, 'small')).toBeGreaterThan(0);
  const client = await connect(queue.server.url);
  expect(await client.keys('*')).toEqual([]);
  client.disconnect();
});

it('without a server the same is done by processes here, and halving goes on from checkpoints', {
  retry: 2,
  timeout: 180_000,
}, async () => {
  const place = { folder: join(queue.folder, 'local'), program: queue.program };
  const halving = config({ vary: { method: ['uniform', 'importance'] }, search: 'halving', runs: 2, epochs: 2 });
  const rows = await sweep(halving, localRunner(place, 1, 2), () => {});
  expect(rows.map(({ result }) => result!.epochs)).toEqual([2, 1]);
  expect(rows.map(({ dropped = false }) => dropped)).toEqual([false, true]);
});

const methods = { vary: { method: ['uniform', 'importance'] } };
const isUnderWay = async (folder: string) => {
  while (!existsSync(join(folder, 'run-0', 'checkpoint'))) await sleep(10);
};

it('a sweep that is stopped ends, and takes back what no worker has begun', { timeout: 60_000 }, async () => {
  const ending = new AbortController();
  const runner = await queueRunner({ url: queue.server.url, name: 'stopped', attempts: 1, signal: ending.signal });
  const ended = sweep(config(methods), runner, () => {}, ending.signal);
  while ((await queue.waiting('stopped')) < 2) await sleep(10);
  ending.abort();
  const rows = await ended;
  await runner.close();
  expect(rows.map(({ id, result, failed }) => [id, result, failed])).toEqual(
    [0, 1].map((id) => [id, undefined, undefined]),
  );
  expect(await queue.waiting('stopped')).toBe(0);
});

it('a worker that is stopped costs its run no attempt: another goes on with it', { timeout: 120_000 }, async () => {
  const runner = await queueRunner({ url: queue.server.url, name: 'handed', attempts: 1 });
  const train = { data: 'mnist', samples: 512, 'test-samples': 50, 'checkpoint-every': 1 };
  const rows = sweep(config({ train, vary: { method: ['uniform'] }, epochs: 3 }), runner, () => {});
  const first = queue.work('handed');
  await isUnderWay(join(queue.folder, 'handed'));
  first.end();
  expect(await first.ended).toBe(0);
  const second = queue.work('handed');
  expect((await rows).map(({ failed, result }) => [failed, result?.epochs])).toEqual([[undefined, 3]]);
  second.end();
  expect(await second.ended).toBe(1);
  await runner.close();
});

it('a master that is killed and started again waits for what is on the queue: no run is made twice', {
  timeout: 180_000,
}, async () => {
  const folder = join(queue.folder, 'killed');
  const file = join(queue.folder, 'killed.yaml');
  // A file of JSON is one of YAML.
  writeFileSync(file, JSON.stringify({ ...config(methods), name: 'killed', epochs: 2 }));
  const master = () =>
    spawn(process.execPath, [queue.program, 'sweep', file, '--out', folder, '--redis', queue.server.url, '--quiet']);
  const first = master();
  const worker = queue.work('killed', { dataOf: dataTeller() });
  await isUnderWay(folder);
  first.kill('SIGKILL');
  const code = await new Promise((resolve) => master().on('exit', resolve));
  worker.end();
  await worker.ended;
  expect(code).toBe(0);
  const { rows } = JSON.parse(await readFile(join(folder, 'sweep.json'), 'utf8'));
  expect(rows.map(({ result }: { result: { epochs: number } }) => result.epochs)).toEqual([2, 2]);
  for (const run of ['run-0', 'run-1']) {
    const metrics = await readFile(join(folder, run, 'metrics.ndjson'), 'utf8');
    expect(metrics.match(/"type":"end"/g)).toHaveLength(1);
  }
});
