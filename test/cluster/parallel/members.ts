import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { type LocalServer, startServer } from '../../../src/cluster/server.ts';
import { bundled } from '../../data/bundle.ts';
import { killAll, startChild } from '../children.ts';

/** For the tests of a file: a real server, a folder, and real processes that train together; what a test leaves is killed. */
export function realMembers() {
  let script: Awaited<ReturnType<typeof bundled>>;
  let folder: string;
  let server: LocalServer;
  beforeAll(async () => {
    script = await bundled('test/cluster/parallel/member-child.ts');
    folder = await mkdtemp(join(tmpdir(), 'unequal-parallel-'));
    server = await startServer();
  }, 120_000);
  afterEach(killAll);
  afterAll(async () => {
    await server.stop();
    for (const one of [script.folder, folder]) await rm(one, { recursive: true, force: true });
  });
  return {
    /** A path in the folder. */
    place: (name: string) => join(folder, name),
    start: (words: readonly string[], joins: boolean, more: object = {}) =>
      startChild(script.file, words, { UNEQUAL_REDIS: server.url, UNEQUAL_JOIN: joins ? '1' : '', ...more }),
  };
}
