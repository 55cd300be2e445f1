/** A side of a comparison in a process of its own: it answers one line of JSON to every line it gets, so that all sides take turns. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

export class Peer<Greeting extends object> {
  private constructor(
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
    private readonly lines: AsyncIterator<string>,
    /** The first line, or why there was none. */
    readonly greeting: Greeting | { readonly error: string },
  ) {}

  static async start<Greeting extends object>(
    [command, ...args]: readonly string[],
    env: NodeJS.ProcessEnv,
  ): Promise<Peer<Greeting>> {
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'inherit'] });
    const failed = new Promise<string>((resolve) =>
      child.once('error', (error) => resolve(JSON.stringify({ error: error.message }))),
    );
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next().then(({ value }) => value as string | undefined), failed]);
    return new Peer(child, lines, first ? JSON.parse(first) : { error: `${command} ended` });
  }

  async ask<T>(request: string): Promise<T> {
    this.child.stdin.write(`${request}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`a side of the bench ended at "${request}"`);
    return JSON.parse(value);
  }

  stop(): void {
    this.child.kill();
  }
}

/** A short rest, in which the threads of one side go to sleep before the other's turn. */
export const rest = (): Promise<void> => pause(20);
