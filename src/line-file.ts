import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { fault } from './errors.ts';
import { syncFile } from './whole-file.ts';

/** For Node alone. A file of lines, each of which is there whole or not at all, whoever was killed while it was written. */
export class LineFile {
  private readonly file: number;
  private bytes: number;

  /** Opens or makes a file; a last line that was not finished is cut off. @throws UnequalError if it cannot be written. */
  constructor(readonly path: string) {
    try {
      this.file = openSync(path, 'a+');
    } catch (cause) {
      throw this.failed(cause);
    }
    const { size } = fstatSync(this.file);
    this.bytes = endOfLines(this.file, size);
    if (this.bytes < size) ftruncateSync(this.file, this.bytes);
  }

  /** Bytes of the lines so far. */
  get size(): number {
    return this.bytes;
  }

  /** Takes back all lines after the first `size` bytes. */
  cut(size: number): void {
    if (size >= this.bytes) return;
    ftruncateSync(this.file, size);
    this.bytes = size;
  }

  /** Has the lines so far on the disk. */
  async settle(): Promise<void> {
    await syncFile({ fd: this.file });
  }

  /** @throws UnequalError if there is no room for it; nothing of it is there then. */
  append(line: string): void {
    const bytes = new TextEncoder().encode(`${line}\n`);
    try {
      for (let at = 0; at < bytes.length; ) {
        const taken = writeSync(this.file, bytes, at);
        if (taken === 0) throw new Error(`only ${at} of ${bytes.length} bytes were taken`);
        at += taken;
      }
      this.bytes += bytes.length;
    } catch (cause) {
      try {
        ftruncateSync(this.file, this.bytes);
      } catch {
        // Whoever opens it next cuts the line off.
      }
      throw this.failed(cause);
    }
  }

  close(): void {
    closeSync(this.file);
  }

  private failed(cause: unknown): Error {
    return fault({ wrong: `${this.path} cannot be written`, got: (cause as Error).message, cause });
  }
}

/** Bytes up to the end of the last whole line. */
function endOfLines(file: number, size: number): number {
  const buffer = new Uint8Array(2 ** 16);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - buffer.length);
    const count = readSync(file, buffer, 0, end - from, from);
    const at = buffer.subarray(0, count).lastIndexOf(10);
    if (at >= 0) return from + at + 1;
    end = from;
  }
  return 0;
}
