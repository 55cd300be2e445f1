/** However a process ends, what it has started ends with it, within seconds. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../data/bundle.ts';

type Script = Awaited<ReturnType<typeof bundled>>;
const names = ['cluster/starter-child', 'cluster/worker-child', 'cluster/parallel/member-child'] as const;
let scripts: Script[];
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  scripts = [];
  for (const name of names) scripts.push(await bundled(`test/${name}.ts`));
  folder = await mkdtemp(join(tmpdir(), 'unequal-endings-'));
}, 120_000);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  for (const one of [folder, ...scripts.map((script) => script.folder)])
    await rm(one, { recursive: true, force: true });
});

/** Whether it runs: one that has ended may wait for its parent to hear of it. */
async function runs(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat !== undefined && !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0]);
}

/** Of a process and all below it. */
async function below(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const own = text.trim().split(' ').filter(Boolean).map(Number);
  return [...own, ...(await Promise.all(own.map(below))).flat()];
}

describe.runIf(existsSync('/proc/self/task'))('what a process has started', { timeout: 90_000, retry: 2 }, () => {
  it.each(['scores', 'parallel'].flatMap((kind) => ['SIGKILL', 'SIGTERM', 'SIGINT'].map((by) => [kind, by] as const)))(
    'ends with it: %s, %s',
    async (kind, by) => {
      const [starter, worker, member] = scripts.map(({ file }) => file);
      const words = [starter, kind, kind === 'scores' ? worker : member, join(folder, `${kind}-${by}`)];
      const env: NodeJS.ProcessEnv = { ...process.env, UNEQUAL_REDIS: undefined, UNEQUAL_RUN: undefined };
      // Without what makes it end with this process: its workers would inherit that.
      const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      // It says so once its workers work.
      await once(child.stdout!, 'data');
      const started = await below(child.pid!);
      // Two workers; a shell, the server, and what waits in the shell.
      expect(started.length).toBeGreaterThanOrEqual(4);
      child.kill(by as NodeJS.Signals);
      const left = async () => {
        const all = await Promise.all(started.map(async (pid) => ((await runs(pid)) ? [pid] : [])));
        return all.flat();
      };
      for (let k = 0; k < 100 && (await left()).length > 0; k++) await sleep(100);
      const late = await left();
      for (const pid of late) process.kill(pid, 'SIGKILL');
      expect(late).toEqual([]);
    },
  );
});

describe('a run with a server and workers of its own', { timeout: 90_000 }, () => {
  // Nothing else is left to do in a process that waits for what it has started to end.
  it.each(['scores', 'parallel'])('is over before the program goes on: %s', async (kind) => {
    const [starter, worker, member] = scripts.map(({ file }) => file);
    const words = [starter, kind, kind === 'scores' ? worker : member, join(folder, `over-${kind}`), '20'];
    const env: NodeJS.ProcessEnv = { ...process.env, UNEQUAL_REDIS: undefined, UNEQUAL_RUN: undefined };
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let out = '';
    child.stdout.on('data', (text) => {
      out += text;
    });
    const [code] = await once(child, 'exit');
    expect([code, out]).toEqual([0, expect.stringMatching(/ended\n$/)]);
  });
});
