/** Scores from `unequal worker`, for data of one's own too. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samplesWords } from '../../src/cli/data-options.ts';
import { type LocalServer, startServer } from '../../src/cluster/server.ts';
import { run } from './run.ts';

const people = join(import.meta.dirname, '../fixtures/own/people.csv');
let scratch: string;
let server: LocalServer;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-worker-'));
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
  await rm(scratch, { recursive: true, force: true });
});

const data = {
  data: people,
  target: 'bought',
  testShare: 0.3,
  as: [['price', 'ignore']],
  seed: 2,
  samples: 70,
} as const;

describe('a worker of the command line', { timeout: 120_000 }, () => {
  it('has the samples of train, told by what train tells its own', async () => {
    const words = samplesWords(data);
    const shared = ['--redis', server.url, '--run', 'own', '--engine', 'eager'];
    const working = run(['worker', ...words, ...shared, '--json']);
    const trained = await run([
      ...['train', ...words, ...shared, '--batch-size', '16', '--epochs', '12', '--quiet'],
      ...['--method', 'distributedImportance', '--out', join(scratch, 'own')],
    ]);
    const worked = await working;
    expect([trained.code, worked.code, worked.err.match(/error/i)], trained.err + worked.err).toEqual([0, 0, null]);
    expect(JSON.parse(worked.out).samples).toBeGreaterThan(0);
  });

  it('is needed: without any, train is refused, also where it goes on', async () => {
    const one = ['--method', 'distributedImportance', '--out', join(scratch, 'none')];
    const { code, err } = await run(['train', ...samplesWords(data), ...one]);
    expect([code, err]).toEqual([1, expect.stringMatching(/no workers so.*got neither --redis nor --workers/)]);
  });

  it('is of the server that is told of where a run can be gone on with, without its password', async () => {
    const [stopping, labels] = [new AbortController(), join(scratch, 'rows.csv')];
    await writeFile(
      labels,
      ['a,y', ...Array.from({ length: 40 }, (_, k) => `${k},${k % 2 ? 'odd' : 'even'}`)].join('\n'),
    );
    const { host } = new URL(server.url);
    setTimeout(() => stopping.abort(), 3_000);
    const { code, out } = await run(
      [
        ...['train', '--data', labels, '--target', 'y', '--epochs', '100000', '--redis', server.url, '--run', 'stops'],
        ...['--method', 'distributedImportance', '--engine', 'eager', '--quiet', '--out', join(scratch, 'stops')],
      ],
      stopping.signal,
    );
    expect([code, out]).toEqual([130, expect.stringMatching(/--resume \S+stops --redis redis:\/\/\S+/)]);
    expect(out).toContain(`--redis redis://${host}`);
    expect(out).toMatch(/User and password of the server are left out/);
    expect(out).toMatch(/no scores came from any worker/);
  });
});
