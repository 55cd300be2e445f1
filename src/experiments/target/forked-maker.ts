import { fork } from 'node:child_process';
import { endsWithParent } from '../../ends-with-parent.ts';
import { fault, UnequalError } from '../../errors.ts';
import { localMaker } from './local-maker.ts';
import type { Maker } from './run-target.ts';

interface Task {
  readonly id: number;
  readonly name: 'load' | 'calibrate' | 'make';
  readonly args: readonly unknown[];
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
  /** Whether that is a refusal; anything else is a fault of the program. */
  readonly refused?: boolean;
}

/** What the command line calls the process that makes runs for another. */
export const workerFlag = '--worker';

/** Makes runs in a process of its own, so that two of them have a core each. */
export function forkedMaker(few: boolean, signal: AbortSignal): Maker {
  const child = fork(process.argv[1], ['experiment', 'target', workerFlag, ...(few ? ['--smoke'] : [])], {
    execArgv: [...process.execArgv, ...endsWithParent],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  let last = 0;
  child.on('message', ({ id, value, error, refused }: Answer) => {
    const { resolve, reject } = open.get(id)!;
    open.delete(id);
    if (error === undefined) resolve(value);
    else reject(refused ? new UnequalError(error) : new Error(error));
  });
  // What cannot be sent is told where it is sent; the rest comes with its end.
  child.on('error', () => {});
  child.on('exit', (code, killedBy) => {
    for (const { resolve, reject } of open.values()) {
      if (signal.aborted) resolve(undefined);
      else reject(fault({ wrong: 'a process that makes runs has ended', got: killedBy ?? `exit code ${code}` }));
    }
    open.clear();
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const ask = <T>(name: Task['name'], ...args: unknown[]) =>
    new Promise<T>((resolve, reject) => {
      open.set(++last, { resolve: resolve as (value: unknown) => void, reject });
      child.send({ id: last, name, args } satisfies Task, (cause) => {
        if (cause) reject(fault({ wrong: 'a process that makes runs has ended', got: cause.message, cause }));
      });
    });
  return {
    load: (name) => ask('load', name),
    calibrate: (name) => ask('calibrate', name),
    make: (request, time) => ask('make', request, time),
    close: () => {
      signal.removeEventListener('abort', stop);
      if (child.connected) child.disconnect();
    },
  };
}

/** The other end: does what it is asked until nobody is there to ask. */
export function serve(few: boolean, signal: AbortSignal): Promise<void> {
  const maker = localMaker(few, signal);
  // Where nobody is there to be told, the process ends by itself.
  const send = (answer: Answer) => process.connected && process.send?.(answer, undefined, {}, () => {});
  // Waiting for what is asked keeps this process alive; by itself the channel does not.
  process.channel?.ref();
  process.on('message', async ({ id, name, args }: Task) => {
    try {
      const [first, second] = args;
      const value =
        name === 'make' ? await maker.make(first as never, second as never) : await maker[name](first as never);
      send({ id, value });
    } catch (error) {
      send({ id, error: (error as Error).message, refused: error instanceof UnequalError });
    }
  });
  return new Promise((resolve) => {
    process.on('disconnect', resolve);
    signal.addEventListener('abort', () => process.connected && process.disconnect());
  });
}
