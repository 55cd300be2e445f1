import { main } from '../../src/cli/cli.ts';
import type { ExitCode } from '../../src/cli/io.ts';

export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function run(argv: readonly string[], signal = new AbortController().signal): Promise<Ran> {
  let [out, err] = ['', ''];
  const stdout = { write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const code = await main(argv, { stdout, stderr, signal });
  return { code, out, err };
}
