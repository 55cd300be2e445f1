import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fault } from '../../errors.ts';

/** Bytes that are kept in memory; what comes after goes to a file. */
const IN_MEMORY = 2 ** 28;
const BLOCK = 2 ** 22;

/**
 * Rows of float32 of any length that are written once and read by index. The first 256 MiB stay in memory; the others go
 * to a temporary file, which the system removes with the process.
 */
export class RowStore {
  /** Where each row begins, in numbers; the last is where the next will. */
  private readonly starts: number[] = [0];
  private readonly blocks: Float32Array[] = [];
  private file: number | undefined;
  private readonly inFile: { from: number; at: number } = { from: Infinity, at: 0 };
  private pending: Float32Array[] = [];
  private pendingBytes = 0;

  constructor(private readonly limit = IN_MEMORY) {}

  get length(): number {
    return this.starts.length - 1;
  }

  append(row: Float32Array): void {
    const start = this.starts[this.length];
    this.starts.push(start + row.length);
    if (this.file === undefined && 4 * this.starts[this.length] <= this.limit) {
      this.keep(row, start);
      return;
    }
    if (this.file === undefined) this.openFile(start);
    this.pending.push(row.slice());
    this.pendingBytes += row.byteLength;
    if (this.pendingBytes >= BLOCK) this.flush();
  }

  /** The row at `index`; what it returns is good until the next call. */
  read(index: number): Float32Array {
    const [start, end] = [this.starts[index], this.starts[index + 1]];
    const row = new Float32Array(end - start);
    if (start >= this.inFile.from) {
      this.flush();
      this.readFile(row, 4 * (start - this.inFile.from));
      return row;
    }
    const perBlock = BLOCK / 4;
    for (let done = 0; done < row.length; ) {
      const at = start + done;
      const block = this.blocks[Math.floor(at / perBlock)];
      const part = block.subarray(at % perBlock, Math.min(perBlock, (at % perBlock) + row.length - done));
      row.set(part, done);
      done += part.length;
    }
    return row;
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private keep(row: Float32Array, start: number): void {
    const perBlock = BLOCK / 4;
    for (let done = 0; done < row.length; ) {
      const at = start + done;
      const block = Math.floor(at / perBlock);
      this.blocks[block] ??= new Float32Array(perBlock);
      const part = row.subarray(done, done + perBlock - (at % perBlock));
      this.blocks[block].set(part, at % perBlock);
      done += part.length;
    }
  }

  private openFile(from: number): void {
    const folder = mkdtempSync(join(tmpdir(), 'unequal-rows-'));
    const path = join(folder, 'rows');
    this.file = openSync(path, 'wx+', 0o600);
    // It has no name from here on, and is gone with the process however that ends.
    rmSync(folder, { recursive: true });
    this.inFile.from = from;
  }

  private flush(): void {
    if (this.file === undefined) return;
    for (const row of this.pending) {
      const bytes = new Uint8Array(row.buffer, row.byteOffset, row.byteLength);
      for (let done = 0; done < bytes.length; ) {
        try {
          done += writeSync(this.file, bytes, done, bytes.length - done, this.inFile.at + done);
        } catch (cause) {
          throw fault({
            wrong: `${tmpdir()} has no room for the rows`,
            got: (cause as Error).message,
            mend: 'set TMPDIR to a folder of a larger disk',
            cause,
          });
        }
      }
      this.inFile.at += bytes.length;
    }
    this.pending = [];
    this.pendingBytes = 0;
  }

  private readFile(row: Float32Array, at: number): void {
    const bytes = new Uint8Array(row.buffer);
    if (this.file === undefined) throw fault({ wrong: 'the samples are closed', expected: 'open ones' });
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(this.file, bytes, done, bytes.length - done, at + done);
      if (got === 0) throw fault({ wrong: 'the rows in the temporary file have become fewer' });
      done += got;
    }
  }
}
