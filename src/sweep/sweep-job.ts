import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endsWithParent } from '../ends-with-parent.ts';
import { fault } from '../errors.ts';
import { whenFree } from '../lock/hold-folder.ts';
import { counted } from '../plural.ts';
import { type Begun, begunRun, hasCheckpoint } from './begun-run.ts';
import { checkResult, type SweepResult, writeNote } from './run-note.ts';
import { flagOf, type RunOptions } from './sweep-config.ts';

/** One run up to a number of epochs: what a worker is given. */
export interface SweepJob {
  readonly id: number;
  readonly options: RunOptions;
  readonly epochs: number;
  /** What tells the data that it is of from other data. */
  readonly data: string;
  /** Whether its steps depend on how many epochs it is to have: then it begins anew where these are more. */
  readonly byBudget: boolean;
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
  if (hasCheckpoint(folder)) return ['train', '--resume', folder, ...common];
  return ['train', ...Object.entries(options).flatMap(flagOf), '--out', folder, ...common];
}

/**
 * Looks at the runs that a folder has already.
 * @returns of each the last result that is known. @throws UnequalError for the first that is not the run of its job.
 */
export async function checkRuns(jobs: readonly SweepJob[], base: string): Promise<(SweepResult | undefined)[]> {
  const found: (SweepResult | undefined)[] = [];
  for (const job of jobs) {
    const { results } = await begunRun(job, folderOf(base, job.id));
    found.push(results.findLast(({ epochs }) => epochs <= job.epochs));
  }
  return found;
}

/** Makes the folder of a job ready. What fails here is not the run's fault, but that of the place. @throws UnequalError */
export async function openJob(job: SweepJob, { folder: base }: Workplace): Promise<Begun> {
  const folder = folderOf(base, job.id);
  if (!existsSync(folder)) return begunRun(job, folder);
  // The process of a master or worker that was killed ends when its step has.
  return whenFree(folder, async () => {
    const begun = await begunRun(job, folder);
    if (!begun.goesOn) await rm(folder, { recursive: true, force: true });
    return begun;
  });
}

/**
 * Runs a job in a process of its own, so that one that dies takes nothing with it. What has been run so far already is not
 * run again.
 * @throws UnequalError with what the process said.
 */
export async function runJob(
  job: SweepJob,
  { results: begun }: Begun,
  { folder: base, program, signal }: Workplace,
): Promise<SweepResult> {
  const folder = folderOf(base, job.id);
  const stopped = () => fault({ wrong: `run ${job.id} of the sweep was stopped` });
  if (signal?.aborted) throw stopped();
  const known = begun.find(({ epochs }) => epochs === job.epochs);
  if (known) return known;
  await writeNote(folder, job, begun);
  const child = fork(program, commandOf(job, folder), {
    // Two processes must not train in one folder: a run whose worker was killed is another's soon.
    execArgv: [...process.execArgv, ...endsWithParent],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C on a terminal is for all of a group: twice, with ours, would end it without a checkpoint.
    detached: process.platform !== 'win32',
  });
  const stop = () => child.kill('SIGTERM');
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
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
  if (code !== 0) {
    if (signal?.aborted) throw stopped();
    // What `unequal train` says is one line, before the hints.
    const line = err
      .split('\n')
      .find((one) => one.startsWith('error: '))
      ?.slice('error: '.length);
    const got = (line ?? err.trim().slice(-500)) || `its process ended with ${code ?? by}`;
    throw fault({ wrong: `run ${job.id} of the sweep failed`, got });
  }
  const { results } = JSON.parse(out) as { results: [Omit<SweepResult, 'id'>] };
  const [{ seconds, trainLoss, testLoss, testError, epochs: trained }] = results;
  const { id, epochs } = job;
  if (trained > epochs) {
    throw fault({
      wrong: `run ${id} has been trained for longer`,
      got: counted(trained, 'epoch'),
      expected: `${epochs}`,
    });
  }
  const result = checkResult({ id, epochs, seconds, trainLoss, testLoss, testError }, id);
  await writeNote(folder, job, [...begun, result]);
  return result;
}
