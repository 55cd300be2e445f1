/** Two processes that would write one checkpoint. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../data/bundle.ts';
import { temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
let script: Awaited<ReturnType<typeof bundled>>;
const children: ChildProcess[] = [];
beforeAll(async () => {
  script = await bundled('test/fit/checkpoint-child.ts');
}, 120_000);
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(script.folder, { recursive: true, force: true }));

/** One that trains at once, or 10 s a step, or goes on. */
function start(path: string, pause: number, ...more: string[]) {
  const child = spawn(process.execPath, [script.file, path, `${pause}`, ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (part) => (out += part));
  child.stderr.on('data', (part) => (err += part));
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    // TensorFlow.js greets.
    const told = err.replace(/^\n=+\n.*\n=+\n/, '');
    return { code: child.exitCode, out, err: told, result: out.trim().split('\n').at(-1) };
  };
  const until = async (step: number) => {
    while (!out.includes(`step ${step}\n`) && child.exitCode === null) await once(child.stdout, 'data');
  };
  return { pid: child.pid, until, ended, kill: (by: NodeJS.Signals) => child.kill(by) };
}

describe('a checkpoint', { timeout: 120_000 }, () => {
  it('is that of one process: a second one is refused before its first step, and the first goes on', async () => {
    const path = join(folder, 'shared');
    const whole = await start(join(folder, 'whole'), 0).ended();
    expect([whole.code, whole.err]).toEqual([0, '']);
    const first = start(path, 200);
    await first.until(2);
    const link = join(folder, 'link');
    symlinkSync(path, link);
    for (const name of [path, link]) {
      const second = await start(name, 0, 'resume').ended();
      expect([second.code, second.out]).toEqual([1, '']);
      expect(second.err).toMatch(
        new RegExp(
          `UnequalError: the checkpoint .* is being written by another run: got process ${first.pid} on \\S+ since 20.* UTC, wait for its end or end it, or give another path`,
        ),
      );
    }
    const { code, result } = await first.ended();
    expect([code, result]).toEqual([0, whole.result]);
    expect(readdirSync(folder).filter((name) => name.includes('.lock'))).toEqual([]);
  });

  it('of a process that was killed is gone on with at once, to the same end', async () => {
    const path = join(folder, 'killed');
    const whole = await start(join(folder, 'whole'), 0).ended();
    const first = start(path, 200);
    await first.until(5);
    first.kill('SIGKILL');
    const { code, err, result } = await start(path, 0, 'resume').ended();
    // Whoever had to wait would have said so.
    expect([code, err, result]).toEqual([0, '', whole.result]);
    expect(readdirSync(folder).filter((name) => name.includes('.lock'))).toEqual([]);
  });

  it('that cannot have a lock is written all the same, and this is said', async () => {
    // A name as long as names may be.
    const path = join(folder, 'x'.repeat(252));
    const { code, err } = await start(path, 0).ended();
    expect(code).toBe(0);
    expect(err).toMatch(/^unequal: .* cannot be made or read \(ENAMETOOLONG.*see that no other process writes there/);
    expect(err.match(/unequal:/g)).toHaveLength(1);
  });

  it('taken by another machine meanwhile is not written over', async () => {
    const path = join(folder, 'stolen');
    const first = start(path, 200);
    await first.until(1);
    writeFileSync(`${path}.lock`, '1 elsewhere - - 2026-01-02T03:04:05.678Z 0123456789ab');
    const { code, err } = await first.ended();
    expect(code).toBe(1);
    expect(err).toMatch(/is being written by another run: got process 1 on elsewhere since 2026-01-02 03:04:05 UTC/);
  });
});
