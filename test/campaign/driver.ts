import { fork } from 'node:child_process';
import { bad, type Family, type Outcome } from './family.ts';

/** A trial that takes longer hangs, in milliseconds, unless its family says otherwise. */
const patience = 60_000;
/** What all trials of a family need is made in as long. */
const preparing = 120_000;
/** Trials of one process, so that what libraries keep is not counted as theirs. */
const most = 20_000;

/** How the trials of a family ended. */
export interface Line {
  readonly name: string;
  readonly counts: Record<Outcome, number>;
  /** Those that ended badly. */
  readonly details: Map<string, string>;
  skipped?: string;
}

/** What a process is asked for: the trials `from` to `to` − 1 of a family. */
export interface Work {
  readonly name: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Whether it tells every outcome at once, which costs more than many a trial. */
  readonly each: boolean;
}

/** What it tells. */
export interface Report {
  /** The next trial: all before it are told. */
  readonly next: number;
  readonly counts: { readonly [outcome in Outcome]?: number };
  readonly bad: readonly { readonly k: number; readonly outcome: Outcome; readonly detail?: string }[];
}

/** Also why a family is not run here, why it cannot begin though it should, or where a process has taken too much memory. */
export type Message =
  | Report
  | { readonly started: true }
  | { readonly skipped: string }
  | { readonly cannot: string }
  | { readonly full: number };

export interface DriverOptions {
  readonly seed: number;
  readonly trials?: number;
  /** Processes at a time. */
  readonly jobs: number;
  /** The program of a process: trials.ts as JavaScript. */
  readonly script: string;
}

/** Runs the trials of a family in processes of their own, so that one that hangs, crashes or eats memory ends only itself. */
export async function runFamily(family: Family, { seed, trials, jobs, script }: DriverOptions): Promise<Line> {
  const { name } = family;
  const line: Line = { name, counts: { ok: 0, refused: 0, foreign: 0, hang: 0, lost: 0 }, details: new Map() };
  const end = trials ?? family.trials;
  // A trial is the same whoever runs it.
  const size = Math.min(most, Math.ceil(end / jobs));
  let next = 0;
  const job = async () => {
    while (next < end && line.skipped === undefined) {
      const from = next;
      next = Math.min(end, from + size);
      await chunk(family, { seed, from, to: next, script, line });
    }
  };
  await Promise.all(Array.from({ length: jobs }, job));
  return line;
}

interface Chunk {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly script: string;
  readonly line: Line;
}

async function chunk(family: Family, { seed, from, to, script, line }: Chunk): Promise<void> {
  let each = false;
  for (let at = from; at < to && line.skipped === undefined; ) {
    const work = { name: family.name, seed, from: at, to, each };
    const { next, ended } = await runProcess(script, work, family.patience ?? patience, line);
    at = next;
    if (next === to || ended === 'full') continue;
    // The outcomes that it had not told went with it; they come again, one by one, until the one that ends the process.
    if (!each) each = true;
    else {
      each = false;
      note(line, { k: at, ...(ended === 'hang' ? { outcome: 'hang' } : { outcome: 'foreign', detail: ended }) });
      at++;
    }
  }
}

function note(line: Line, { k, outcome, detail }: Report['bad'][number]): void {
  line.counts[outcome]++;
  if (bad.includes(outcome)) line.details.set(`${line.name} ${k}: ${outcome}`, detail ?? '');
}

/** Trials until the last or one that ends its process; the number of the next, and how the process ended. */
function runProcess(
  script: string,
  work: Work,
  limit: number,
  line: Line,
): Promise<{ readonly next: number; readonly ended: string }> {
  return new Promise((resolve, reject) => {
    let next = work.from;
    let ended: string | undefined;
    let said = '';
    const child = fork(script, [JSON.stringify(work)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-1000);
    });
    // Counted second by second: a machine that sleeps, or stops its processes, makes nothing hang.
    let left = preparing / 1000;
    const timer = setInterval(() => {
      if (left-- > 0) return;
      ended = 'hang';
      child.kill('SIGKILL');
    }, 1000);
    child.on('message', (message: Message) => {
      left = limit / 1000;
      if ('skipped' in message) line.skipped = message.skipped;
      else if ('cannot' in message) reject(new Error(`${work.name} cannot begin: ${message.cannot}`));
      else if ('full' in message) {
        // A fresh process goes on; where one trial alone takes so much, it is that trial's.
        ended = 'full';
        next = message.full;
        if (next > work.from) return;
        note(line, { k: next, outcome: 'foreign', detail: 'more than 1 GiB of memory' });
        next++;
      } else if ('next' in message) {
        next = message.next;
        for (const outcome of ['ok', 'refused'] as const) line.counts[outcome] += message.counts[outcome] ?? 0;
        for (const one of message.bad) note(line, one);
      }
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearInterval(timer);
      resolve({ next, ended: ended ?? `its process ended with ${signal ?? code}: ${said}` });
    });
  });
}
