import { printableLines } from '../printable.ts';

/** Where a command writes and what stops it; a test gives its own. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Output {
  write(text: string): unknown;
  /** Writes what moves the cursor or clears, where `write` shows it as text. */
  control?(codes: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The same output, on which control characters of names and files are shown and not obeyed. */
export function guarded(out: Output): Output {
  return {
    write: (text) => out.write(printableLines(text)),
    control: (codes) => out.write(codes),
    get isTTY() {
      return out.isTTY;
    },
    get columns() {
      return out.columns;
    },
  };
}

/** Letters of a line: those of a terminal, and no end elsewhere, where others read. */
export function roomOf({ isTTY, columns = 80 }: Output): number {
  return isTTY ? columns : Number.POSITIVE_INFINITY;
}

/** How a command ended: 0 done, 1 failed, 2 called wrongly, 130 stopped by Ctrl-C or SIGTERM. */
export type ExitCode = 0 | 1 | 2 | 130;
