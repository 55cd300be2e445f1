import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { families } from './families.ts';
import { bad, type Family, type Outcome } from './family.ts';

/** A trial that takes longer hangs, in milliseconds; what a family needs is made in as long at first. */
const patience = 60_000;

const { values } = parseArgs({
  options: { seed: { type: 'string' }, only: { type: 'string' }, trials: { type: 'string' }, jobs: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
/** Processes at a time. */
const jobs = Number(values.jobs ?? availableParallelism());
const columns = ['ok', 'refused', 'foreign', 'hang', 'lost'] as const;

interface Line {
  readonly name: string;
  readonly counts: Record<Outcome, number>;
  readonly details: Map<string, string>;
  skipped?: string;
}

interface Message {
  readonly k?: number;
  readonly outcome?: Outcome;
  readonly detail?: string;
  readonly skipped?: string;
}

async function runFamily({ name, trials }: Family): Promise<Line> {
  const line: Line = { name, counts: { ok: 0, refused: 0, foreign: 0, hang: 0, lost: 0 }, details: new Map() };
  const end = Number(values.trials ?? trials);
  const note = (k: number, outcome: Outcome, detail?: string) => {
    line.counts[outcome]++;
    if (bad.includes(outcome)) line.details.set(`${name} ${k}: ${outcome}`, detail ?? '');
  };
  // A trial is the same whoever runs it.
  const each = Math.ceil(end / jobs);
  const job = async (from: number) => {
    const to = Math.min(end, from + each);
    for (let next = from; next < to && line.skipped === undefined; ) next = await part(next, to, name, line, note);
  };
  await Promise.all(Array.from({ length: jobs }, (_, k) => job(k * each)));
  return line;
}

/** Trials until the last or one that ends its process; the number of the next. */
function part(
  from: number,
  to: number,
  name: string,
  line: Line,
  note: (k: number, outcome: Outcome, detail?: string) => void,
): Promise<number> {
  return new Promise((resolve) => {
    let next = from;
    let hangs = false;
    let timer: NodeJS.Timeout;
    const child = fork(join(import.meta.dirname, 'trials.mjs'), [name, `${seed}`, `${from}`, `${to}`], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        hangs = true;
        child.kill('SIGKILL');
      }, patience);
    };
    wait();
    child.on('message', ({ k, outcome, detail, skipped }: Message) => {
      wait();
      if (skipped !== undefined) line.skipped = skipped;
      if (k === undefined || outcome === undefined) return;
      note(k, outcome, detail);
      next = k + 1;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (next < to && line.skipped === undefined) {
        note(next, hangs ? 'hang' : 'foreign', hangs ? undefined : `its process ended with ${code}`);
        next++;
      }
      resolve(next);
    });
  });
}

console.log(`seed ${seed}`);
console.log(['', ...columns].map((word, k) => (k === 0 ? word.padEnd(24) : word.padStart(9))).join(''));
const lines: Line[] = [];
for (const family of families) {
  if (values.only !== undefined && !family.name.includes(values.only)) continue;
  const line = await runFamily(family);
  lines.push(line);
  const counts = columns.map((column) => `${line.counts[column]}`.padStart(9)).join('');
  console.log(line.name.padEnd(24) + (line.skipped === undefined ? counts : `  not run: ${line.skipped}`));
}
for (const { details } of lines)
  for (const [trial, detail] of [...details].slice(0, 20)) console.log(`${trial}: ${detail}`);
process.exitCode = lines.some(({ counts }) => bad.some((outcome) => counts[outcome] > 0)) ? 1 : 0;
