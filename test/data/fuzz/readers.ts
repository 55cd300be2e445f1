import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { checkSums, SUMS } from '../../../src/data/checksums.ts';
import { CIFAR_10, readCifar, recordsFromPng } from '../../../src/data/cifar.ts';
import { npzToRecords } from '../../../src/data/downsampled-imagenet.ts';
import { HashedText } from '../../../src/data/hashed-text.ts';
import { readIdx } from '../../../src/data/idx.ts';
import { ImageFolder } from '../../../src/data/image-folder.ts';
import { convertMit67 } from '../../../src/data/mit67.ts';
import { readIdxSet } from '../../../src/data/mnist.ts';
import { RecordFile } from '../../../src/data/record-file.ts';
import { subjectAndBody } from '../../../src/data/spam-assassin.ts';
import { readTinyImageNet } from '../../../src/data/tiny-imagenet.ts';
import { untar } from '../../../src/data/untar.ts';
import { holderOf, lifeOf, myself } from '../../../src/lock/holder.ts';
import { loadModel } from '../../../src/models/load-model.ts';
import { npy, zip } from '../containers.ts';
import { noise } from '../temporary.ts';
import { OWN_READERS } from './own-readers.ts';
import { save } from './save.ts';

/** Something that reads files of users, and small valid files for it. */
export interface Reader {
  readonly name: string;
  /** Whether a read takes many milliseconds. */
  readonly slow?: boolean;
  seeds(): Promise<Uint8Array[]> | Uint8Array[];
  /** Makes what does not change, once. */
  prepare?(folder: string): Promise<void>;
  /** Reads what `seeds()[seed]` has become, in a folder of its own. */
  read(bytes: Buffer, folder: string, seed: number): Promise<unknown>;
}

const text = (content: string) => Buffer.from(content, 'utf8');

function idx(shape: number[], bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt16BE(0x0800 | shape.length, 2);
  for (const [d, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * d);
  return Buffer.concat([head, bytes]);
}

const idxSeeds = () => [idx([3, 4, 5], noise(60)), idx([7], noise(7)), idx([2, 1, 1, 3], noise(6))];

const IDX_SET = [
  ['train-images-idx3-ubyte', idx([3, 4, 5], noise(60))],
  ['train-labels-idx1-ubyte', idx([3], Uint8Array.of(0, 1, 2))],
  ['t10k-images-idx3-ubyte', idx([2, 4, 5], noise(40))],
  ['t10k-labels-idx1-ubyte', idx([2], Uint8Array.of(2, 1))],
] as const;

const ARRAYS = [
  ['data.npy', npy('|u1', [2, 3072], noise(6144))],
  ['labels.npy', npy('<i8', [2], Buffer.from(new BigInt64Array([1n, 1000n]).buffer))],
] as const;

const TINY_CIFAR = {
  ...CIFAR_10,
  train: { files: ['data_batch_1.bin', 'data_batch_2.bin'], records: 2 },
  test: { files: ['test_batch.bin'], records: 1 },
};
const record = (label: number) => Buffer.concat([Uint8Array.of(label), noise(3072, label + 1)]);
const CIFAR_SET = [
  ['data_batch_1.bin', record(1)],
  ['data_batch_2.bin', record(9)],
  ['test_batch.bin', record(3)],
  ['batches.meta.txt', text('a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n')],
] as const;

/** One header and the blocks of its content, as ustar has them. */
function tarEntry(name: string, content: Uint8Array, type = '0', link = ''): Buffer {
  const head = Buffer.alloc(512);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  head.write(name, 0);
  head.write(octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(content.length, 12) + octal(0, 12), 100, 'latin1');
  head.write(type, 156);
  head.write(link, 157);
  head.write('ustar\x0000', 257, 'latin1');
  return Buffer.concat([head, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** Sets the checksum of every block that says that it is a header, so that damage gets further than that. */
function withTarSums(bytes: Buffer): Buffer {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
    bytes.fill(' ', at + 148, at + 156);
    const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
  return bytes;
}

const tarSeeds = () => {
  const pax = text('27 path=set/long/name.bin\n12 size=700\n');
  const entries = [
    tarEntry('set/', new Uint8Array(0), '5'),
    tarEntry('set/a.bin', noise(700)),
    tarEntry('set/b.bin', noise(10)),
  ];
  const odd = [
    tarEntry('pax', pax, 'x'),
    tarEntry('set/c.bin', noise(700)),
    tarEntry('set/link', new Uint8Array(0), '2', '../../x'),
    tarEntry('long', text('set/longer.bin\0'), 'L'),
    tarEntry('set/d.bin', noise(30)),
  ];
  return [entries, odd].map((list) => withTarSums(Buffer.concat([...list, Buffer.alloc(1024)])));
};

async function unpack(bytes: Buffer, folder: string): Promise<void> {
  const to = join(folder, 'to');
  await mkdir(to);
  await untar(await save(folder, 'x.tar.gz', bytes), to, { strip: 1 });
}

const IMAGE_NAMES = ['a.png', 'b.png', 'c.png', 'd.jpg', 'e.webp', 'f.gif', 'g.tif', 'h.avif'];
function imageSeeds(): Promise<Uint8Array[]> {
  const picture = (channels: 1 | 2 | 3 | 4) =>
    sharp(noise(12 * 10 * channels), { raw: { width: 12, height: 10, channels } });
  return Promise.all([
    picture(3).png().toBuffer(),
    picture(4).png().toBuffer(),
    picture(1).toColourspace('grey16').png().toBuffer(),
    picture(3).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    picture(4).webp().toBuffer(),
    picture(3).gif().toBuffer(),
    picture(3).tiff({ compression: 'lzw' }).toBuffer(),
    picture(3).avif({ effort: 0 }).toBuffer(),
  ]);
}

const MIT_LIST = Array.from({ length: 67 }, (_, c) => `class${c}/image.jpg`);

async function modelSeeds(): Promise<Uint8Array[]> {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [6, 6, 1], filters: 2, kernelSize: 3, activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  let saved: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  model.dispose();
  const { modelTopology, weightSpecs, format } = saved as tf.io.ModelArtifacts;
  const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
  return [text(JSON.stringify({ format, modelTopology, weightsManifest }))];
}
/** Of the model above: 3·3·2 + 2 + 32·3 + 3 numbers. */
const MODEL_WEIGHTS = noise(4 * 119).map((byte, i) => (i % 4 === 3 ? 0x3f : byte));

export const READERS: readonly Reader[] = [
  {
    name: 'idx',
    seeds: idxSeeds,
    read: async (bytes, folder) => readIdx(await save(folder, 'x', bytes)),
  },
  {
    name: 'idx, gzipped',
    seeds: () => idxSeeds().map((seed) => gzipSync(seed)),
    read: async (bytes, folder) => readIdx(await save(folder, 'x', bytes)),
  },
  {
    name: 'idx in gzip',
    seeds: idxSeeds,
    read: async (bytes, folder) => readIdx(await save(folder, 'x', gzipSync(bytes))),
  },
  {
    name: 'idx set',
    seeds: () => IDX_SET.map(([, bytes]) => bytes),
    read: async (bytes, folder, seed) => {
      for (const [k, [name, intact]] of IDX_SET.entries()) await save(folder, name, k === seed ? bytes : intact);
      const { train } = await readIdxSet(folder, { name: 'tiny', train: 3, test: 2, classNames: ['a', 'b', 'c'] });
      train.batch([0, 2]);
    },
  },
  {
    name: 'npz',
    seeds: () => [true, false].map((deflated) => zip(Object.fromEntries(ARRAYS), deflated)),
    read: async (bytes, folder) => npzToRecords([await save(folder, 'x.npz', bytes)], join(folder, 'x.bin')),
  },
  {
    name: 'npy in npz',
    seeds: () => ARRAYS.map(([, bytes]) => bytes),
    read: async (bytes, folder, seed) => {
      const arrays = ARRAYS.map(([name, intact], k) => [name, k === seed ? bytes : intact] as const);
      return npzToRecords([await save(folder, 'x.npz', zip(Object.fromEntries(arrays)))], join(folder, 'x.bin'));
    },
  },
  {
    name: 'cifar records',
    seeds: () => CIFAR_SET.map(([, bytes]) => bytes),
    read: async (bytes, folder, seed) => {
      for (const [k, [name, intact]] of CIFAR_SET.entries()) await save(folder, name, k === seed ? bytes : intact);
      const { train } = await readCifar(folder, TINY_CIFAR, { scaling: 'symmetric' });
      train.batch([0, 1]);
    },
  },
  {
    name: 'cifar png',
    seeds: async () => [
      await sharp(noise(2 * 3072), { raw: { width: 1024, height: 2, channels: 3 } })
        .png()
        .toBuffer(),
    ],
    read: async (bytes, folder) => recordsFromPng(await save(folder, 'x.png', bytes), Uint8Array.of(1, 2)),
  },
  {
    name: 'record file',
    seeds: () => [Buffer.concat([Uint8Array.of(5, 0), noise(12), Uint8Array.of(0, 1), noise(12)])],
    read: async (bytes, folder) => {
      const file = await save(folder, 'x.bin', bytes);
      const classNames = Array.from({ length: 300 }, (_, c) => `${c}`);
      const records = new RecordFile({ name: 'x', file, side: 2, classNames });
      records.batch([0]);
      records.image(records.length - 1);
      records.close();
    },
  },
  { name: 'tar', seeds: tarSeeds, read: unpack },
  { name: 'tar with its checksums', seeds: tarSeeds, read: (bytes, folder) => unpack(withTarSums(bytes), folder) },
  { name: 'tar, gzipped', seeds: () => tarSeeds().map((seed) => gzipSync(seed)), read: unpack },
  {
    name: 'images',
    slow: true,
    seeds: imageSeeds,
    read: async (bytes, folder, seed) => {
      await save(folder, join('set', 'class', IMAGE_NAMES[seed]), bytes);
      const images = await ImageFolder.open(join(folder, 'set'), { size: [8, 8], channels: seed % 2 === 0 ? 3 : 1 });
      return images.batch([0]);
    },
  },
  {
    name: 'mit67 list',
    seeds: () => [text(`${MIT_LIST.join('\n')}\n`)],
    prepare: async (folder) => {
      for (const name of MIT_LIST) await save(folder, join('Images', name), Uint8Array.of(1));
    },
    read: async (bytes, folder) => {
      await save(folder, 'List.txt', bytes);
      const lists = [{ part: 'train', list: 'List.txt', images: 67 }] as const;
      return convertMit67(dirname(folder), join(folder, 'to'), undefined, folder, lists);
    },
  },
  {
    name: 'words',
    seeds: () => [text('n01\tcat, kitten\nn02\tdog\n')],
    prepare: async (folder) => {
      const picture = sharp(noise(12), { raw: { width: 2, height: 2, channels: 3 } });
      const png = await picture.png().toBuffer();
      for (const part of ['train', 'val']) {
        for (const wnid of ['n01', 'n02']) await save(folder, join(part, wnid, '1.png'), png);
      }
    },
    read: async (bytes, folder) => {
      await save(dirname(folder), 'words.txt', bytes);
      return readTinyImageNet(dirname(folder), { size: [2, 2] });
    },
  },
  {
    name: 'checksums',
    seeds: () => {
      const line = (name: string, bytes: Uint8Array) =>
        `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;
      return [text(line('a', noise(10)) + line('inner/b', noise(20)))];
    },
    read: async (bytes, folder) => {
      await save(folder, 'a', noise(10));
      await save(folder, 'inner/b', noise(20));
      await save(folder, SUMS, bytes);
      return checkSums(folder);
    },
  },
  {
    name: 'model',
    seeds: modelSeeds,
    read: async (bytes, folder) => {
      await save(folder, 'weights.bin', MODEL_WEIGHTS);
      const model = await loadModel(await save(folder, 'model.json', bytes));
      model.dispose();
    },
  },
  {
    name: 'message',
    seeds: () => [text('From: a\nSubject: =?q?\n more\nTo: b\n\nHello =\nyou, what $1 costs!\n'), text('Subject: x')],
    read: async (bytes) => {
      const texts = [subjectAndBody(bytes.toString('utf8')), 'Another text'];
      const classNames = ['ham', 'spam'];
      const bags = new HashedText({ name: 'x', texts, labels: Uint8Array.of(0, 1), classNames, columns: 64 });
      bags.batch([0, 1]);
    },
  },
  {
    name: 'lock',
    seeds: () => [text(myself()), text(`${process.pid} elsewhere 00`)],
    read: async (bytes) => lifeOf(holderOf(bytes.toString('latin1'))),
  },
  ...OWN_READERS,
];
