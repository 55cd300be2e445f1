import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clean } from '../../src/cluster/clean.ts';
import { connect } from '../../src/cluster/redis-client.ts';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import { localRunner } from '../../src/sweep/job-runner.ts';
import { queueRunner, sweepWorker } from '../../src/sweep/queue.ts';
import { sweep } from '../../src/sweep/sweep.ts';
import { checkSweep } from '../../src/sweep/sweep-config.ts';
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

it('runs of a sweep are trained by workers of a queue; one that fails is tried again and told', {
  retry: 2,
  timeout: 180_000,
}, async () => {
  const runner = await queueRunner(server.url, 'small', 2);
  const ending = new AbortController();
  const place = { folder: join(scratch, 'queue'), program: script.file, signal: ending.signal };
  const told: number[] = [];
  const worker = sweepWorker(server.url, 'small', place, ({ id }) => told.push(id));
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
