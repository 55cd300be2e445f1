/** Processes of `unequal train --cluster` that are started in the same moment: one leads, and it alone has a folder. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisRounds } from '../../src/cluster/parallel/redis-rounds.ts';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import { encode } from '../../src/fit/codec.ts';
import { readRecord } from '../../src/report/record.ts';
import { run } from './run.ts';

let server: LocalServer;
let folder: string;
beforeAll(async () => {
  [server, folder] = [await startServer(), await mkdtemp(join(tmpdir(), 'unequal-together-'))];
  const rows = Array.from({ length: 200 }, (_, k) => `${k % 7},${k % 11},${k % 2 ? 'odd' : 'even'}`);
  await writeFile(join(folder, 'rows.csv'), ['a,b,y', ...rows].join('\n'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const train = (name: string, out: string, ...more: string[]) =>
  run([
    ...[
      'train',
      '--data',
      join(folder, 'rows.csv'),
      '--target',
      'y',
      '--epochs',
      '2',
      '--engine',
      'eager',
      '--seed',
      '1',
    ],
    ...['--out', out, '--cluster', server.url, '--run', name, ...more],
  ]);

it('started at once with folders of their own, one makes its folder', async () => {
  const outs = ['a', 'b', 'c'].map((one) => join(folder, one));
  const ends = await Promise.all(outs.map((out) => train('own', out, '--workers', '2')));
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(ends.filter(({ err }) => err.includes('leads the run'))).toHaveLength(1);
  expect(ends.filter(({ out }) => out.includes('Trained along to epoch 2'))).toHaveLength(2);
  const [made, ...others] = outs.filter((out) => existsSync(out));
  expect(others).toEqual([]);
  const { end, methods } = await readRecord(made);
  expect([end, methods[0].points.length]).toEqual(['done', 2]);
}, 120_000);

it('started at once with one folder for all, none finds it taken', async () => {
  const out = join(folder, 'shared');
  const ends = await Promise.all([1, 2, 3].map(() => train('shared', out, '--workers', '2')));
  expect(ends.map(({ code, err }) => [code, err.includes('not empty')])).toEqual(Array(3).fill([0, false]));
  expect(await readdir(out)).toContain('report.html');
}, 120_000);

it('one that was killed before its run began is waited for only while it has the lead', async () => {
  const store = await RedisRounds.open(server.url, 'killed');
  // What a run before it has left, which was killed, too.
  await store.hold('0123456789abcdef', 100);
  await store.begin('0123456789abcdef', encode({ model: 'another' }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  await store.hold('feedfacefeedface', 6_000);
  await store.stay();
  setTimeout(() => store.close(), 2_500);
  const out = join(folder, 'after');
  const { code, err } = await train('killed', out);
  expect([code, err]).toEqual([0, expect.stringContaining('leads the run')]);
}, 60_000);

it('a command that ends before it trains gives the lead back', async () => {
  const { code } = await train('given-back', join(folder, 'x'), '--model', join(folder, 'none.json'));
  expect(code).toBe(1);
  const store = await RedisRounds.open(server.url, 'given-back');
  expect([await store.held(), await store.isStaying()]).toEqual([undefined, false]);
  await store.close();
}, 60_000);
