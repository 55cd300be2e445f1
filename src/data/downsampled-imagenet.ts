import { createWriteStream, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fault, UnequalError } from '../errors.ts';
import { type ScalingOptions, sampledStatistics } from './normalize.ts';
import { integerAt, integerSize } from './npy.ts';
import { openNpz } from './npz.ts';
import type { OnProgress } from './progress.ts';
import { LABEL_BYTES, RecordFile } from './record-file.ts';

const CLASSES = 1000;
const PIXELS = 3 * 32 * 32;
const RECORD = LABEL_BYTES + PIXELS;
/** Images in one batch: no more than the whole training part. */
const MOST = 1_281_167;
const TRAIN = Array.from({ length: 10 }, (_, i) => `train_data_batch_${i + 1}.npz`);
const TEST = ['val_data.npz'];

/**
 * Turns the official 32 × 32 batches (Chrabaszcz, Loshchilov and Hutter, *A Downsampled Variant of ImageNet as an
 * Alternative to the CIFAR datasets*, arXiv:1707.08819) into two files of records, in the order of the batches.
 */
export async function convertDownsampledImageNet(from: string, to: string, onProgress?: OnProgress): Promise<void> {
  const missing = [...TRAIN, ...TEST].find((file) => !existsSync(join(from, file)));
  if (missing !== undefined) {
    throw fault({
      wrong: `${from} is not the folder of the official batches`,
      got: `no ${missing}`,
      expected: `${TRAIN[0]} to ${TRAIN[9]} and ${TEST[0]}`,
      mend: 'unpack the two zip archives into one folder and use --from FOLDER',
    });
  }
  await npzToRecords(
    TRAIN.map((file) => join(from, file)),
    join(to, 'train.bin'),
    onProgress,
  );
  await npzToRecords(
    TEST.map((file) => join(from, file)),
    join(to, 'test.bin'),
    onProgress,
  );
}

/** Appends batches with the arrays `data` ([n, 3072] bytes in planes) and `labels` (1 to 1,000) to one record file. */
export async function npzToRecords(files: readonly string[], out: string, onProgress?: OnProgress): Promise<number> {
  let records = 0;
  const all = async function* () {
    for (const [k, file] of files.entries()) {
      for await (const chunk of recordsOf(file)) {
        records += chunk.length / RECORD;
        yield chunk;
      }
      onProgress?.({ phase: 'convert', item: basename(file), done: k + 1, total: files.length });
    }
  };
  try {
    await pipeline(all, createWriteStream(out));
  } catch (cause) {
    if (cause instanceof UnequalError) throw cause;
    throw fault({ wrong: `${out} cannot be written`, got: (cause as Error).message, cause });
  }
  return records;
}

async function* recordsOf(file: string): AsyncGenerator<Buffer> {
  const npz = await openNpz(file);
  try {
    const labels = await readLabels(file, npz);
    const data = await npz.array('data');
    const { shape, descr } = data.header;
    const [n, columns] = shape;
    if (shape.length !== 2 || columns !== PIXELS || !/^[|<=]u1$/.test(descr) || n !== labels.length) {
      throw fault({
        wrong: `The array 'data' of ${file} is not what it should be`,
        got: `[${shape.join(', ')}] of ${descr}`,
        expected: `[${labels.length}, ${PIXELS}] of |u1`,
      });
    }
    let i = 0;
    for await (const rows of data.rows()) {
      const count = rows.length / PIXELS;
      const records = Buffer.allocUnsafe(count * RECORD);
      for (let r = 0; r < count; r++, i++) {
        const at = records.writeUInt16LE(labels[i], r * RECORD);
        rows.copy(records, at, r * PIXELS, (r + 1) * PIXELS);
      }
      yield records;
    }
  } finally {
    npz.close();
  }
}

async function readLabels(file: string, npz: Awaited<ReturnType<typeof openNpz>>): Promise<Uint16Array> {
  const { header, rows } = await npz.array('labels');
  const [n] = header.shape;
  if (header.shape.length !== 1 || n > MOST) {
    throw fault({
      wrong: `The array 'labels' of ${file} is not what it should be`,
      got: `[${header.shape.join(', ')}]`,
      expected: `[n], one label an image, n at most ${MOST}`,
    });
  }
  const bytes = integerSize(header, `${file}/labels`);
  const labels = new Uint16Array(n);
  let i = 0;
  for await (const chunk of rows()) {
    for (let at = 0; at < chunk.length; at += bytes, i++) {
      const label = integerAt(header, chunk, at);
      if (label < 1 || label > CLASSES) {
        throw fault({
          wrong: `Record ${i} of ${file} is mislabelled`,
          got: `label ${label}`,
          expected: `a label from 1 to ${CLASSES}`,
        });
      }
      labels[i] = label - 1;
    }
  }
  return labels;
}

/** Opens the two record files that {@link convertDownsampledImageNet} wrote. */
export async function readDownsampledImageNet(folder: string, { scaling = 'unit' }: ScalingOptions = {}) {
  const classNames = Array.from({ length: CLASSES }, (_, i) => `${i + 1}`);
  const open = (part: 'train' | 'test') =>
    new RecordFile({
      name: `downsampled-imagenet-32 ${part}`,
      file: join(folder, `${part}.bin`),
      side: 32,
      classNames,
    });
  const parts = { train: open('train'), test: open('test') };
  if (scaling === 'unit') return parts;
  const chosen = scaling === 'standard' ? await sampledStatistics(parts.train, 50_000) : scaling;
  const scaled = { train: parts.train.scaled(chosen), test: parts.test.scaled(chosen) };
  parts.train.close();
  parts.test.close();
  return scaled;
}
