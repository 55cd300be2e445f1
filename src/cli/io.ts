/** Where a command writes and what stops it; a test gives its own. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Output {
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** How a command ended: 0 done, 1 failed, 2 called wrongly, 130 stopped by Ctrl-C or SIGTERM. */
export type ExitCode = 0 | 1 | 2 | 130;
