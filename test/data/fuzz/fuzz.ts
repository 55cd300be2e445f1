import { type ChildProcess, fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { bundled } from '../bundle.ts';
import type { Outcome, Work } from './child.ts';
import { READERS } from './readers.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** How many inputs each reader is given. */
  readonly inputs: number;
  /** Names of {@link READERS}. Default all. */
  readonly readers?: readonly string[];
  /** How many readers are tried at a time. Default 1. */
  readonly jobs?: number;
  readonly onRow?: (row: FuzzRow) => void;
}

/** What came of the inputs of one reader. */
export interface FuzzRow {
  readonly reader: string;
  readonly inputs: number;
  /** A result. */
  ok: number;
  /** An UnequalError. */
  refused: number;
  /** Another error, or the end of the process. */
  foreign: number;
  /** No answer in 10 seconds. */
  hang: number;
  /** An answer, but more than 1 GiB of memory. */
  memory: number;
  /** The first of the last three; the same seed, reader and number give the same input. */
  readonly failures: { readonly index: number; readonly outcome: string; readonly message: string }[];
}

const TIME = 10_000;
/** A child reads so many inputs; then a fresh one goes on, so that what decoders keep is not counted as theirs. */
const CHUNK = 2_000;
const SHOWN = 5;

/**
 * Gives every reader `inputs` damaged files, in processes of their own, and counts what comes of them. Input i of a
 * reader is the same for the same seed; the first ones are the intact files.
 */
export async function fuzzReaders({ seed, inputs, readers, jobs = 1, onRow }: FuzzOptions): Promise<FuzzRow[]> {
  const names = readers ?? READERS.map(({ name }) => name);
  const bundle = await bundled('test/data/fuzz/child.ts');
  const rows = names.map(
    (reader): FuzzRow => ({ reader, inputs, ok: 0, refused: 0, foreign: 0, hang: 0, memory: 0, failures: [] }),
  );
  let next = 0;
  const worker = async () => {
    while (next < rows.length) {
      const row = rows[next++];
      for (let from = 0; from < inputs; ) {
        const to = Math.min(inputs, from + CHUNK);
        from = await runChild(bundle.file, { reader: row.reader, seed, from, to }, row);
      }
      onRow?.(row);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, worker));
  } finally {
    await rm(bundle.folder, { recursive: true, force: true });
  }
  return rows;
}

/** Runs one child over `work` as far as it comes; gives the number of the input to go on with. */
function runChild(file: string, work: Work, row: FuzzRow): Promise<number> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(file, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    let index = work.from;
    let busy = false;
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-2000);
    });
    const count = (outcome: Outcome['outcome'] | 'hang', message: string) => {
      row[outcome]++;
      if (outcome !== 'ok' && outcome !== 'refused' && row.failures.length < SHOWN) {
        row.failures.push({ index, outcome, message });
      }
      index++;
      busy = false;
    };
    let timer: NodeJS.Timeout | undefined;
    child.on('message', (message: 'ready' | number | Outcome) => {
      clearTimeout(timer);
      if (message === 'ready') child.send(work);
      else if (typeof message === 'number') {
        busy = true;
        timer = setTimeout(() => {
          count('hang', `no answer in ${TIME / 1000} seconds`);
          child.kill('SIGKILL');
        }, TIME);
      } else count(message.outcome, message.message);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (busy) count('foreign', `the process ended: ${signal ?? code} ${log}`);
      if (index === work.from) reject(new Error(`A child did not begin: ${signal ?? code} ${log}`));
      else resolve(index);
    });
  });
}
