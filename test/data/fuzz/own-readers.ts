import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { ownData } from '../../../src/data/own/own-data.ts';
import { type Preparation, readPreparation } from '../../../src/data/own/preparation.ts';
import { predictions } from '../../../src/data/own/prepared.ts';
import { crc32c } from '../../../src/data/own/readers/crc32c.ts';
import { npy, zip } from '../containers.ts';
import { noise } from '../temporary.ts';
import type { Reader } from './readers.ts';
import { save } from './save.ts';

function fixture(name: string): Buffer {
  let root = import.meta.dirname;
  while (!existsSync(join(root, 'test/fixtures/own'))) root = dirname(root);
  return readFileSync(join(root, 'test/fixtures/own', name));
}

/** Samples that are no numbers would be trained on. */
async function finite(file: string, skipBroken: boolean): Promise<Preparation> {
  const { train, test, preparation } = await ownData(file, { skipBroken });
  for (const part of [train, test]) {
    const { xs, ys } = part.batch(Array.from({ length: Math.min(64, part.length) }, (_, i) => i)) as {
      xs: { data: Float32Array };
      ys: { data: Float32Array };
    };
    for (const { data } of [xs, ys]) {
      if (!data.every(Number.isFinite)) throw new Error(`numbers that are none come of ${file}`);
    }
  }
  // It is saved, and read again by predict.
  readPreparation(JSON.stringify(preparation), file);
  return preparation;
}

const rows = Array.from({ length: 12 }, (_, i) => [
  i * 1.5,
  ['red', 'green', 'blue'][i % 3],
  `word ${i} of "it"`,
  i % 2,
]);
const quoted = (cell: unknown) => (/[",\n]/.test(`${cell}`) ? `"${`${cell}`.replaceAll('"', '""')}"` : `${cell}`);
const table = (delimiter: string, end: string) =>
  [['size', 'colour', 'says', 'label'], ...rows].map((row) => row.map(quoted).join(delimiter)).join(end) + end;
const text = (content: string) => Buffer.from(content, 'utf8');
const csvSeeds = () => [
  ...[text(table(',', '\r\n')), text(`\ufeff${table(';', '\n')}`)],
  text('1,2,a\n3,4,b\n5,6,a\n7,8,b\n9,1,a\n2,3,b\n'),
];
const jsonSeeds = () => [
  text(rows.map(([size, colour, says, label]) => JSON.stringify({ size, in: { colour, says }, label })).join('\n')),
  text(`${'{"pair":[1,2.5],"y":"p"}\n{"pair":[3,1e3],"y":"q"}\n'.repeat(6)}`),
];

/** Sets the checksum of the length and data of every record, so that damage gets further than that. */
function withFrameSums(bytes: Buffer): Buffer {
  const masked = (part: Uint8Array) => {
    const crc = crc32c(part);
    return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  };
  for (let at = 0; at + 16 <= bytes.length; ) {
    const size = bytes.readBigUInt64LE(at);
    bytes.writeUInt32LE(masked(bytes.subarray(at, at + 8)), at + 8);
    if (size > bytes.length - at - 16) break;
    const end = at + 12 + Number(size);
    bytes.writeUInt32LE(masked(bytes.subarray(at + 12, end)), end);
    at = end + 4;
  }
  return bytes;
}

/** The first records of a file. */
function records(bytes: Buffer, count: number): Buffer {
  let at = 0;
  for (let k = 0; k < count; k++) at += 16 + Number(bytes.readBigUInt64LE(at));
  return bytes.subarray(0, at);
}

const floats = (n: number) => Buffer.from(Float32Array.from({ length: n }, (_, i) => Math.sin(i)).buffer);
const npySeeds = () => [
  npy('<f4', [12, 3], floats(36)),
  npy('<f4', [12, 3], floats(36), 'True'),
  npy('>i2', [12, 2], noise(48)),
];
const labels = () =>
  npy(
    '|u1',
    [12],
    Uint8Array.from({ length: 12 }, (_, i) => i % 2),
  );
const npzSeeds = () =>
  [true, false].map((deflated) => zip({ 'x.npy': npy('|u1', [12, 4, 4, 1], noise(192)), 'y.npy': labels() }, deflated));

const own = (name: string, file: string, seeds: Reader['seeds'], fix = (bytes: Buffer) => bytes): Reader => ({
  name,
  seeds,
  read: async (bytes, folder, seed) => finite(await save(folder, file, fix(bytes)), seed % 2 === 1),
});
const zipped = (bytes: Buffer) => gzipSync(bytes, { level: 1 });

/** Tables of people's own, from the file to the samples. */
export const OWN_READERS: readonly Reader[] = [
  own('csv', 'x.csv', csvSeeds),
  own('csv in gzip', 'x.csv.gz', csvSeeds, zipped),
  own('tsv', 'x.tsv', () => [text(table('\t', '\n')), Buffer.from(`\ufeff${table('\t', '\r\n')}`, 'utf16le')]),
  own('json lines', 'x.jsonl', jsonSeeds),
  own('json lines, gzipped', 'x.jsonl.gz', () => jsonSeeds().map(zipped)),
  own('own npy', 'x.npy', npySeeds),
  own('own npz', 'x.npz', npzSeeds),
  {
    name: 'own npy in npz',
    seeds: () => [
      npySeeds()[0],
      npySeeds()[2],
      npy('|u1', [12, 4, 4, 1], noise(192)),
      npy(
        '<U3',
        [12],
        noise(144).map((x, i) => (i % 4 === 0 ? 65 + (x % 26) : 0)),
      ),
    ],
    read: async (bytes, folder, seed) =>
      finite(await save(folder, 'x.npz', zip({ 'x.npy': bytes, 'y.npy': labels() })), seed % 2 === 1),
  },
  own('parquet', 'x.parquet', () => [fixture('people.parquet'), fixture('people-zstd.parquet')]),
  own('tfrecord', 'x.tfrecord', () => [records(fixture('people.tfrecord'), 12)]),
  own('tfrecord with its checksums', 'x.tfrecord', () => [records(fixture('people.tfrecord'), 12)], withFrameSums),
  {
    name: 'preparation',
    seeds: async () => {
      const { mkdtemp, rm } = await import('node:fs/promises');
      const { tmpdir } = await import('node:os');
      const folder = await mkdtemp(join(tmpdir(), 'unequal-fuzz-'));
      try {
        return await Promise.all(
          [csvSeeds()[0], jsonSeeds()[1]].map(async (bytes, k) =>
            text(JSON.stringify(await finite(await save(folder, k === 0 ? 'x.csv' : 'x.jsonl', bytes), false))),
          ),
        );
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    read: async (bytes, folder, seed) => {
      const preparation = readPreparation(bytes.toString('utf8'), 'preparation.json');
      const { inputShape, target } = preparation;
      const outputs = target.classNames?.length ?? target.columns.length;
      const file = await save(
        folder,
        ...((seed === 0 ? ['x.csv', csvSeeds()[0]] : ['x.jsonl', jsonSeeds()[1]]) as [string, Buffer]),
      );
      const run = (xs: tf.Tensor) => {
        if (xs.size !== xs.shape[0] * inputShape.reduce((size, d) => size * d, 1)) throw new Error('other inputs');
        return tf.zeros([xs.shape[0], outputs]);
      };
      for await (const { predicted } of predictions(file, preparation, run).rows) {
        if (predicted.length === 0 || predicted.some((one) => one === undefined))
          throw new Error('nothing is predicted');
      }
    },
  },
];
