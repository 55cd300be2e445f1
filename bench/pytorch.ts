/** PyTorch in a process of its own, which answers one line of JSON to every line it gets, so that both sides' steps interleave. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

export interface Answer {
  readonly milliseconds: number;
  /** Peak resident memory of the process, MB. */
  readonly peak: number;
}

type Child = ChildProcessByStdio<Writable, Readable, null>;

/**
 * Settings of its libraries that would make it slower, or faster, than it comes. How its threads wait is left to the user:
 * as it comes, they spin against each other on two virtual cores.
 */
const tuning = /^(OPENBLAS|GOTO|OMP|GOMP|KMP|MKL|DNNL|ONEDNN|ATEN)_(?!WAIT_POLICY$)/;

export class PyTorch {
  /** What keeps the comparison from being made, or from being fair. */
  readonly remark: string | undefined;
  readonly available: boolean;
  private readonly child: Child;
  private readonly lines: AsyncIterator<string>;

  private constructor(
    child: Child,
    lines: AsyncIterator<string>,
    greeting: { error?: string; version?: string; openblas?: boolean },
  ) {
    this.child = child;
    this.lines = lines;
    this.available = greeting.error === undefined;
    if (greeting.error)
      this.remark = `no PyTorch to compare with (${greeting.error}); on Debian: apt install python3-torch`;
    else if (!greeting.openblas) {
      this.remark = `PyTorch ${greeting.version} runs without OpenBLAS and is no fair peer; on Debian: apt install libopenblas0-pthread`;
    }
  }

  /** Starts the system's Python, or the one named by `PYTHON`. */
  static async start(script = 'bench/pytorch_step.py', args: readonly string[] = []): Promise<PyTorch> {
    const python = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !tuning.test(name)));
    const child = spawn(python, [script, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = new Promise<string>((resolve) =>
      child.once('error', (error) => resolve(JSON.stringify({ error: error.message }))),
    );
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next().then(({ value }) => value as string | undefined), failed]);
    return new PyTorch(child, lines, first ? JSON.parse(first) : { error: `${python} ended` });
  }

  async ask<T = Answer>(request: string): Promise<T> {
    this.child.stdin.write(`${request}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`PyTorch ended at "${request}"`);
    return JSON.parse(value);
  }

  stop(): void {
    this.child.kill();
  }
}
