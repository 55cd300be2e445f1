import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { endsWithParent } from '../ends-with-parent.ts';
import { isPlain } from '../options.ts';

/** Workers on this machine. */
export interface LocalWorkers {
  /** How many. */
  readonly count: number;
  /** The program each one runs. It is told where its master is by `UNEQUAL_REDIS` and `UNEQUAL_RUN`. */
  readonly file: string;
  readonly args?: readonly string[];
}

/** They are as many as are said, at least one, and run a file. */
export function areWorkers(value: unknown): value is LocalWorkers {
  const { count, file } = isPlain(value) ? (value as Partial<LocalWorkers>) : {};
  return Number.isSafeInteger(count) && count! > 0 && typeof file === 'string' && file !== '';
}

/** Starts them; they end when they are stopped, and when this process ends, however that happens. */
export function startWorkers(
  { count, file, args = [] }: LocalWorkers,
  { url, run }: { url: string; run: string },
  more: { readonly [name: string]: string } = {},
) {
  const env = { ...process.env, UNEQUAL_REDIS: url, UNEQUAL_RUN: run, ...more };
  const children = Array.from({ length: count }, () => {
    const child = fork(file, [...args], {
      env,
      execArgv: [...process.execArgv, ...endsWithParent],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.unref();
    child.channel?.unref();
    return child;
  });
  /** The end of those that still run; whoever waits for it must not end before. */
  const exits = () => {
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    for (const child of running) child.ref();
    return { running, all: Promise.all(running.map((child) => once(child, 'exit'))) };
  };
  let stopping = false;
  const stop = async () => {
    stopping = true;
    const { running, all } = exits();
    for (const child of running) child.kill('SIGKILL');
    await all;
  };
  /** Waits for them to end by themselves for so many milliseconds, then stops them. */
  const ended = async (patience: number) => {
    await Promise.race([exits().all, sleep(patience)]);
    await stop();
  };
  /** How the first one that has ended did so, if one has. */
  const end = () => {
    const one = children.find(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null);
    return one && (one.signalCode ?? `exit code ${one.exitCode}`);
  };
  /** Tells how the first one ends that fails before it is stopped. */
  const onFailure = (tell: (how: string) => void) => {
    let told = false;
    for (const child of children) {
      child.once('exit', (code, signal) => {
        if (!stopping && !told && code !== 0) tell(signal ?? `exit code ${code}`);
        told ||= code !== 0;
      });
    }
  };
  return { stop, ended, end, onFailure, pids: children.map(({ pid }) => pid!) };
}
