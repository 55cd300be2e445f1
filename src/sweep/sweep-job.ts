import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endsWithParent } from '../ends-with-parent.ts';
import { fault } from '../errors.ts';
import type { RunOptions } from './sweep-config.ts';

/** One run up to a number of epochs: what a worker is given. */
export interface SweepJob {
  readonly id: number;
  readonly options: RunOptions;
  readonly epochs: number;
}

export interface SweepResult {
  readonly id: number;
  readonly epochs: number;
  readonly seconds: number;
  readonly trainLoss?: number;
  readonly testLoss?: number;
  readonly testError?: number;
}

/**
 * Where the runs of a sweep are, and what runs them. On several machines it is a folder that all of them see, if a run is to
 * be gone on with by another worker than the one that began it.
 */
export interface Workplace {
  readonly folder: string;
  /** File of the command line. */
  readonly program: string;
  readonly signal?: AbortSignal;
}

export const folderOf = (base: string, id: number): string => join(base, `run-${id}`);

/** Arguments of `unequal` for a job: a run that has a checkpoint goes on from it. */
export function commandOf({ options, epochs }: SweepJob, folder: string): string[] {
  const common = ['--epochs', `${epochs}`, '--json', '--quiet'];
  if (existsSync(join(folder, 'checkpoint'))) return ['train', '--resume', folder, ...common];
  return [
    'train',
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    '--out',
    folder,
    ...common,
  ];
}

/**
 * Runs a job in a process of its own, so that one that dies takes nothing with it.
 * @throws UnequalError with what the process said.
 */
export async function runJob(job: SweepJob, { folder: base, program, signal }: Workplace): Promise<SweepResult> {
  const folder = folderOf(base, job.id);
  // What died before its first checkpoint begins anew.
  if (!existsSync(join(folder, 'checkpoint'))) await rm(folder, { recursive: true, force: true });
  // Two processes must not train in one folder: a run whose worker was killed is another's soon.
  const child = fork(program, commandOf(job, folder), {
    execArgv: [...process.execArgv, ...endsWithParent],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const stop = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (text) => {
    out += text;
  });
  child.stderr!.on('data', (text) => {
    err += text;
  });
  const [code, by] = await new Promise<[number | null, string | null]>((resolve) =>
    child.on('close', (...how) => resolve(how)),
  );
  signal?.removeEventListener('abort', stop);
  if (signal?.aborted) throw fault({ wrong: `run ${job.id} of the sweep was stopped` });
  if (code !== 0) {
    const got = err.trim().slice(-500) || `its process ended with ${code ?? by}`;
    throw fault({ wrong: `run ${job.id} of the sweep failed`, got });
  }
  const { results } = JSON.parse(out) as { results: [Omit<SweepResult, 'id' | 'epochs'>] };
  const [{ seconds, trainLoss, testLoss, testError }] = results;
  return { id: job.id, epochs: job.epochs, seconds, trainLoss, testLoss, testError };
}
