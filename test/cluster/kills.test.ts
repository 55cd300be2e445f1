/** The campaign's kills of runs of several processes, its small form. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../../src/sampling/random.ts';
import { killsOfClusters } from '../campaign/cluster.ts';
import { outcomeOf } from '../campaign/family.ts';
import { bundled } from '../data/bundle.ts';

const sources = {
  master: 'test/cluster/master-child.ts',
  worker: 'test/cluster/worker-child.ts',
  member: 'test/cluster/parallel/member-child.ts',
};
const scripts = new Map<string, Awaited<ReturnType<typeof bundled>>>();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unequal-kills-'));
  for (const [name, source] of Object.entries(sources)) scripts.set(name, await bundled(source));
}, 120_000);
afterAll(async () => {
  for (const one of [folder, ...[...scripts.values()].map(({ folder }) => folder)]) {
    await rm(one, { recursive: true, force: true });
  }
});

it.each([1, 2])(
  'a process that is killed at a random moment costs no step: %i',
  { timeout: 120_000, retry: 2 },
  async (k) => {
    const trial = await killsOfClusters((name) => scripts.get(name)!.file).start(folder);
    if (typeof trial === 'string') throw new Error(trial);
    expect(await outcomeOf(trial, new Random(20).fork(k))).toEqual({ outcome: 'ok' });
  },
);
