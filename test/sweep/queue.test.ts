import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataTeller } from '../../src/cli/sweep-data.ts';
import { clean } from '../../src/cluster/clean.ts';
import { connect } from '../../src/cluster/redis-client.ts';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import type { JobRunner } from '../../src/sweep/job-runner.ts';
import { localRunner } from '../../src/sweep/job-runner.ts';
import { queueRunner } from '../../src/sweep/queue.ts';
import { type SweepRow, sweep as sweepOf } from '../../src/sweep/sweep.ts';
import { checkSweep, combinations, type SweepConfig } from '../../src/sweep/sweep-config.ts';
import { sweepWorker } from '../../src/sweep/sweep-worker.ts';
import { bundled } from '../data/bundle.ts';

let server: LocalServer;
let script: Awaited<ReturnType<typeof bundled>>;
let scratch: string;
beforeAll(async () => {
  server = await startServer();
  script = await bundled('src/cli/main.ts');
  scratch = await mkdtemp(join(tmpdir(), 'unequal-sweep-'));
}, 120_000);
afterAll(async () => {
  await server.stop();
  for (const folder of [script.folder, scratch]) await rm(folder, { recursive: true, force: true });
});

const config = (more: object) => {
  const train = { data: 'mnist', samples: 128, 'test-samples': 50, engine: 'compiled' };
  return checkSweep({ name: 'small', train, attempts: 2, ...more }, 'a.yaml');
};

/** That of the jobs of these tests. */
const dataOf = async () => 'some';

const sweep = (of: SweepConfig, runner: JobRunner, told: () => void, signal?: AbortSignal): Promise<SweepRow[]> =>
  sweepOf(
    of,
    combinations(of, () => false).map((options) => ({ options, data: 'some', byBudget: false })),
    runner,
    told,
    signal,
  );

it('runs of a sweep are trained by workers of a queue; one that fails is tried again and told', {
  retry: 2,
  timeout: 180_000,
}, async () => {
  const runner = await queueRunner({ url: server.url, name: 'small', attempts: 2 });
  const ending = new AbortController();
  const place = { folder: join(scratch, 'queue'), program: script.file, signal: ending.signal, dataOf };
  const told: number[] = [];
  const worker = sweepWorker(server.url, 'small', place, ({ id }, outcome) => {
    if ('result' in outcome) told.push(id);
  });
  const rows = await sweep(config({ vary: { method: ['uniform', 'importance', 'no-such'] } }), runner, () => {});
  ending.abort();
  expect(await worker).toBe(2);
  await runner.close();
  expect(told.sort()).toEqual([0, 1]);
  expect(rows.map(({ failed }) => failed !== undefined)).toEqual([false, false, true]);
  expect(rows[2].failed).toMatch(/no-such/);
  for (const { id, result } of rows.slice(0, 2)) {
    expect(result!.trainLoss).toBeGreaterThan(0);
    expect(existsSync(join(place.folder, `run-${id}`, 'checkpoint'))).toBe(true);
  }
  expect(await clean(server.url, 'small')).toBeGreaterThan(0);
  const client = await connect(server.url);
  expect(await client.keys('*')).toEqual([]);
  client.disconnect();
});

it('without a server the same is done by processes here, and halving goes on from checkpoints', {
  retry: 2,
  timeout: 180_000,
}, async () => {
  const place = { folder: join(scratch, 'local'), program: script.file };
  const halving = config({ vary: { method: ['uniform', 'importance'] }, search: 'halving', runs: 2, epochs: 2 });
  const rows = await sweep(halving, localRunner(place, 1, 2), () => {});
  expect(rows.map(({ result }) => result!.epochs)).toEqual([2, 1]);
  expect(rows.map(({ dropped = false }) => dropped)).toEqual([false, true]);
});

const methods = { vary: { method: ['uniform', 'importance'] } };
const isUnderWay = async (folder: string) => {
  while (!existsSync(join(folder, 'run-0', 'checkpoint'))) await sleep(10);
};
const waiting = async (name: string) => {
  const client = await connect(server.url);
  const count = await client.llen(`unequal:sweeps:{${name}}:runs:wait`);
  client.disconnect();
  return count;
};

it('a sweep that is stopped ends, and takes back what no worker has begun', { timeout: 60_000 }, async () => {
  const ending = new AbortController();
  const runner = await queueRunner({ url: server.url, name: 'stopped', attempts: 1, signal: ending.signal });
  const ended = sweep(config(methods), runner, () => {}, ending.signal);
  while ((await waiting('stopped')) < 2) await sleep(10);
  ending.abort();
  const rows = await ended;
  await runner.close();
  expect(rows.map(({ id, result, failed }) => [id, result, failed])).toEqual(
    [0, 1].map((id) => [id, undefined, undefined]),
  );
  expect(await waiting('stopped')).toBe(0);
});

it('a worker that is stopped costs its run no attempt: another goes on with it', { timeout: 120_000 }, async () => {
  const runner = await queueRunner({ url: server.url, name: 'handed', attempts: 1 });
  const train = { data: 'mnist', samples: 512, 'test-samples': 50, 'checkpoint-every': 1 };
  const rows = sweep(config({ train, vary: { method: ['uniform'] }, epochs: 3 }), runner, () => {});
  const folder = join(scratch, 'handed');
  const work = (signal: AbortSignal) =>
    sweepWorker(server.url, 'handed', { folder, program: script.file, signal, dataOf }, () => {});
  const [one, two] = [new AbortController(), new AbortController()];
  const first = work(one.signal);
  await isUnderWay(folder);
  one.abort();
  expect(await first).toBe(0);
  const second = work(two.signal);
  expect((await rows).map(({ failed, result }) => [failed, result?.epochs])).toEqual([[undefined, 3]]);
  two.abort();
  expect(await second).toBe(1);
  await runner.close();
});

it('a master that is killed and started again waits for what is on the queue: no run is made twice', {
  timeout: 180_000,
}, async () => {
  const folder = join(scratch, 'killed');
  const file = join(scratch, 'killed.yaml');
  // A file of JSON is one of YAML.
  writeFileSync(file, JSON.stringify({ ...config(methods), name: 'killed', epochs: 2 }));
  const master = () =>
    spawn(process.execPath, [script.file, 'sweep', file, '--out', folder, '--redis', server.url, '--quiet']);
  const first = master();
  const ending = new AbortController();
  const worker = sweepWorker(
    server.url,
    'killed',
    { folder, program: script.file, signal: ending.signal, dataOf: dataTeller() },
    () => {},
  );
  await isUnderWay(folder);
  first.kill('SIGKILL');
  const code = await new Promise((resolve) => master().on('exit', resolve));
  ending.abort();
  await worker;
  expect(code).toBe(0);
  const { rows } = JSON.parse(await readFile(join(folder, 'sweep.json'), 'utf8'));
  expect(rows.map(({ result }: { result: { epochs: number } }) => result.epochs)).toEqual([2, 2]);
  for (const run of ['run-0', 'run-1']) {
    const metrics = await readFile(join(folder, run, 'metrics.ndjson'), 'utf8');
    expect(metrics.match(/"type":"end"/g)).toHaveLength(1);
  }
});
