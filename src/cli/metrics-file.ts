import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fault } from '../errors.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import type { RunEvent } from '../report/record.ts';
import { syncFile, writeWhole } from '../whole-file.ts';

/** The events of a run, one a line, written as they happen so that a killed run has left them. */
export class MetricsFile {
  private readonly file: number;
  private bytes: number;

  constructor(
    private readonly path: string,
    flags: 'w' | 'a',
  ) {
    this.file = openSync(path, flags);
    this.bytes = fstatSync(this.file).size;
  }

  /** Bytes of the events so far. */
  get size(): number {
    return this.bytes;
  }

  /** Takes back all events after the first `size` bytes. */
  cut(size: number): void {
    if (size >= this.bytes) return;
    ftruncateSync(this.file, size);
    this.bytes = size;
  }

  /** Has the events so far on the disk. */
  async settle(): Promise<void> {
    await syncFile({ fd: this.file });
  }

  /** @throws UnequalError if there is no room for it, and nothing of it is there then. */
  append(event: RunEvent): void {
    const bytes = new TextEncoder().encode(line(event));
    try {
      for (let at = 0; at < bytes.length; ) {
        const taken = writeSync(this.file, bytes, at);
        if (taken === 0) throw new Error(`only ${at} of ${bytes.length} bytes were taken`);
        at += taken;
      }
      this.bytes += bytes.length;
    } catch (cause) {
      ftruncateSync(this.file, this.bytes);
      throw fault({ wrong: `${this.path} cannot be written`, got: (cause as Error).message, cause });
    }
  }

  close(): void {
    closeSync(this.file);
  }
}

/** Puts these events in the place of those of a file; a killed process leaves the ones or the others. */
export const replaceEvents = (path: string, events: readonly RunEvent[]): Promise<void> =>
  writeWhole(path, pieces(events));

/** The lines of a file, many at a time: a write for each would be slow. */
function* pieces(events: readonly RunEvent[]): Iterable<string> {
  for (let from = 0; from < events.length; from += 1000)
    yield events
      .slice(from, from + 1000)
      .map(line)
      .join('');
}

/** Bytes of a file up to the end of its last whole line. */
export async function endOfLines(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const buffer = new Uint8Array(2 ** 16);
    for (let end = size; end > 0; ) {
      const from = Math.max(0, end - buffer.length);
      const { bytesRead } = await file.read(buffer, 0, end - from, from);
      const at = buffer.subarray(0, bytesRead).lastIndexOf(10);
      if (at >= 0) return from + at + 1;
      end = from;
    }
    return 0;
  } finally {
    await file.close();
  }
}

/** Six digits are more than any plot shows. */
function line(event: RunEvent): string {
  const short = (name: string, value: unknown) =>
    Number.isFinite(value) && !Number.isInteger(value)
      ? Number((value as number).toPrecision(6))
      : numbersAsWords(name, value);
  return `${JSON.stringify(event, short)}\n`;
}
