import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Scoring workers on this machine. */
export interface LocalWorkers {
  /** How many. */
  readonly count: number;
  /** The program each one runs. It is told where its master is by `UNEQUAL_REDIS` and `UNEQUAL_RUN`. */
  readonly file: string;
  readonly args?: readonly string[];
}

/** Starts them; they end when they are stopped, and when this process ends. */
export function startWorkers({ count, file, args = [] }: LocalWorkers, { url, run }: { url: string; run: string }) {
  const env = { ...process.env, UNEQUAL_REDIS: url, UNEQUAL_RUN: run };
  const children = Array.from({ length: count }, () => {
    const child = fork(file, [...args], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.unref();
    child.channel?.unref();
    return child;
  });
  const stop = async () => {
    const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(running.map((child) => once(child, 'exit')));
  };
  return { stop, pids: children.map(({ pid }) => pid!) };
}
