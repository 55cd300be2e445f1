/** PyTorch in a process of its own, which answers one line of JSON to every line it gets, so that both sides' steps interleave. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Answer {
  readonly milliseconds: number;
  /** Peak resident memory of the process, MB. */
  readonly peak: number;
}

export class PyTorch {
  /** What keeps the comparison from being made, or from being fair. */
  readonly remark: string | undefined;
  readonly available: boolean;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  private constructor(
    child: ChildProcessWithoutNullStreams,
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
  static async start(): Promise<PyTorch> {
    const python = process.env.PYTHON ?? (existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3');
    const child = spawn(python, ['bench/pytorch_step.py'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const failed = new Promise<string>((resolve) =>
      child.once('error', (error) => resolve(JSON.stringify({ error: error.message }))),
    );
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next().then(({ value }) => value as string | undefined), failed]);
    return new PyTorch(child, lines, first ? JSON.parse(first) : { error: `${python} ended` });
  }

  async ask(request: string): Promise<Answer> {
    this.child.stdin.write(`${request}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`PyTorch ended at "${request}"`);
    return JSON.parse(value);
  }

  stop(): void {
    this.child.kill();
  }
}
