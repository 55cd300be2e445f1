/** Files above 2 GiB, where numbers of 32 bits end: sparse ones, which take no room on the disk. */
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readIdx } from '../../src/data/idx.ts';
import { ownData } from '../../src/data/own/own-data.ts';
import { npyTables } from '../../src/data/own/readers/arrays.ts';
import { Broken } from '../../src/data/own/table.ts';
import { RecordFile } from '../../src/data/record-file.ts';
import { untar } from '../../src/data/untar.ts';
import { fileStore } from '../../src/fit/file-store.ts';
import { npy } from './containers.ts';
import { temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();
const GIB = 2 ** 30;
let file: string;
afterEach(() => rmSync(file, { force: true }));

/** A file of so many bytes, zero where nothing is put. */
function sparse(name: string, size: number, ...put: (readonly [at: number, bytes: Uint8Array])[]): string {
  file = join(folder, name);
  const fd = openSync(file, 'w');
  ftruncateSync(fd, size);
  for (const [at, bytes] of put) writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
  return file;
}

// `npm run campaign -- --only large` writes and resumes one.
describe('checkpoints', () => {
  it('are read where the file goes beyond 2 GiB and 4 GiB', async () => {
    const mark = Uint8Array.of(1, 2, 3, 4);
    for (const at of [2 * GIB - 2, 4 * GIB - 2, 4 * GIB + 10]) {
      const bytes = (await fileStore.read(sparse('checkpoint', at + 4, [at, mark]))) as {
        length: number;
        read(offset: number, count: number): Uint8Array;
        close(): void;
      };
      expect(bytes.length).toBe(at + 4);
      expect([...bytes.read(at, 4)]).toEqual([...mark]);
      expect([...bytes.read(at - 4, 4)]).toEqual([0, 0, 0, 0]);
      bytes.close();
    }
  });
});

describe('data', () => {
  it('records are read by their place', () => {
    const [side, bytes] = [1024, 2 + 3 * 1024 * 1024];
    const n = Math.ceil((2.5 * GIB) / bytes);
    const last = new Uint8Array(bytes).fill(9);
    last.set([3, 0]);
    const path = sparse('x.bin', n * bytes, [(n - 1) * bytes, last]);
    const records = new RecordFile({ name: 'x', file: path, side, classNames: ['a', 'b', 'c', 'd'] });
    expect([records.length, records.labels[0], records.labels[n - 1]]).toEqual([n, 0, 3]);
    expect(records.image(n - 1).data.every((value) => value === 9)).toBe(true);
    expect(records.image(n - 2).data.every((value) => value === 0)).toBe(true);
    records.close();
  });

  it('arrays are read to their last row', async () => {
    const [rows, width] = [2560, 2 ** 20];
    const head = npy('|u1', [rows, 1024, 1024], new Uint8Array(0));
    const path = sparse(
      'x.npy',
      head.length + rows * width,
      [0, head],
      [head.length + rows * width - 1, Uint8Array.of(8)],
    );
    const { train } = await npyTables(path, [path]);
    let count = 0;
    let last: ArrayLike<number> = [];
    for await (const { cells } of train.rows(new Broken())) {
      count++;
      last = (cells[0] as { data: ArrayLike<number> }).data;
    }
    expect([count, last[width - 2], last[width - 1]]).toEqual([rows, 0, 8]);
  });

  it.each(['x.csv', 'x.tsv', 'x.jsonl', 'x.npy', 'x.npz', 'x.parquet', 'x.tfrecord', 'x.csv.gz'])(
    '%s of zeros is refused before it is read whole',
    async (name) => {
      const before = process.resourceUsage().maxRSS;
      await expect(ownData(sparse(name, 2.5 * GIB))).rejects.toThrow(expect.objectContaining({ name: 'UnequalError' }));
      expect(process.resourceUsage().maxRSS - before).toBeLessThan(2 ** 19);
    },
  );

  it('an idx file and an archive likewise', async () => {
    const path = sparse('x', 2.5 * GIB, [0, Uint8Array.of(0, 0, 8, 1, 0x9f, 0xff, 0xff, 0xf8)]);
    await expect(readIdx(path)).rejects.toThrow('is too large');
    await expect(untar(path, join(folder, 'to'))).rejects.toThrow(expect.objectContaining({ name: 'UnequalError' }));
  });
});
