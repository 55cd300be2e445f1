import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { endsWithParent } from '../../src/ends-with-parent.ts';

/** What the programs of these tests print, a line of JSON now and then. */
export interface Line {
  readonly step: number;
  readonly importance: number;
  readonly members: number;
  readonly most: number;
  readonly traffic: number;
  readonly done?: boolean;
  readonly steps: number;
  readonly weights: number[];
  /** What callbacks were told, and what stands in the history. */
  readonly told: string[];
  readonly epochs: number[];
  readonly entries: { readonly [name: string]: number };
}

const children: ChildProcess[] = [];

/** Kills what a test has left. */
export function killAll(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL');
}

/** Makes the clock of a process wrong by so many milliseconds. */
export function otherClock(milliseconds: number): { readonly NODE_OPTIONS: string } {
  const script = `const now = Date.now; const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) { given.length === 0 ? super(now() + ${milliseconds}) : super(...given); }
      static now() { return now() + ${milliseconds}; }
    };`;
  return { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(script)}` };
}

/** A process, what it has printed, and its end. */
export function startChild(file: string, words: readonly string[], env: object = {}) {
  const child = spawn(process.execPath, [...endsWithParent, file, ...words], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (text) => (out += text));
  child.stderr!.on('data', (text) => (err += text));
  const lines = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  const until = async (holds: (last: Line) => boolean) => {
    for (let k = 0; k < 1_200; k++) {
      const last = lines().at(-1);
      if (last && holds(last)) return last;
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${err}`);
      await sleep(50);
    }
    throw new Error(`waited in vain: ${out.slice(-300)} ${err}`);
  };
  const ended = async () => {
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return { code: child.exitCode, last: lines().at(-1)!, err };
  };
  const kill = async (by: NodeJS.Signals = 'SIGKILL') => {
    child.kill(by);
    await ended();
  };
  return { until, ended, kill, lines, signal: (by: NodeJS.Signals) => child.kill(by), said: () => err };
}
