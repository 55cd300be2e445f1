/** A line of a run folder that is left out, and why. */
export interface LeftOut {
  /** From 1 on. */
  readonly line: number;
  readonly why: string;
}

/** What is said of lines that were left out; nothing where there are none. */
export function leftOutText(leftOut: readonly LeftOut[]): string | undefined {
  if (leftOut.length === 0) return undefined;
  const shown = leftOut.slice(0, 3).map(({ line, why }) => `line ${line}: ${why}`);
  const more = leftOut.length > shown.length ? '; …' : '';
  const lines = leftOut.length === 1 ? '1 line of metrics.ndjson is' : `${leftOut.length} lines of metrics.ndjson are`;
  return `${lines} damaged or unknown and left out, so what is shown may lack something (${shown.join('; ')}${more}).`;
}
