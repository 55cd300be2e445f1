import { closeSync, readSync } from 'node:fs';
import { fault } from '../errors.ts';
import { counted } from '../plural.ts';
import { planesToPixels } from './cifar.ts';
import { checkIndices, type ImageBatch, type LabelledImages, oneHot, type RawImage } from './images.ts';
import { openRegularSync } from './regular-file.ts';
import { type Scaling, scalingTable } from './scaling.ts';

export interface RecordFileInit {
  readonly name: string;
  readonly file: string;
  readonly side: number;
  readonly classNames: readonly string[];
  readonly scaling?: Scaling;
}

/** The label bytes of a record, little-endian. */
export const LABEL_BYTES = 2;

const LARGEST_SIDE = 2048;
/** Records in a file; their labels take two bytes each. */
const MOST = 2 ** 26;

/**
 * Square colour images in records of a file: a 16-bit label, then the red, green and blue plane. Only the labels are in
 * memory; pixels are read when a batch asks for them, from the file cache of the system as a rule.
 *
 * @example
 * ```ts
 * const file = new RecordFile({ name: 'small', file: 'images.bin', side: 32, classNames: ['cat', 'dog'] });
 * file.close();
 * ```
 */
export class RecordFile implements LabelledImages {
  readonly name: string;
  readonly pure = true;
  readonly length: number;
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly classNames: readonly string[];
  readonly labels: Uint16Array;
  readonly #init: RecordFileInit;
  #handle: number | undefined;
  readonly #record: Buffer;
  readonly #table: Float32Array;

  constructor(init: RecordFileInit) {
    const { name, file, side, classNames, scaling = 'unit' } = init;
    if (!(Number.isInteger(side) && side > 0 && side <= LARGEST_SIDE)) {
      throw fault({ wrong: `${name} has no side`, got: side, expected: `a whole number from 1 to ${LARGEST_SIDE}` });
    }
    const recordBytes = LABEL_BYTES + 3 * side * side;
    const { fd, size } = openRegularSync(file);
    this.#handle = fd;
    this.#init = init;
    this.name = name;
    this.length = size / recordBytes;
    this.inputShape = [side, side, 3];
    this.classNames = classNames;
    this.#record = Buffer.alloc(recordBytes);
    try {
      if (size === 0 || size % recordBytes !== 0) {
        const record = Math.floor(size / recordBytes);
        throw fault({
          wrong: `${file} ends in record ${record} (byte ${record * recordBytes})`,
          got: counted(size, 'byte'),
          expected: `whole records of ${recordBytes} bytes`,
          mend: 'get it again',
        });
      }
      if (this.length > MOST) {
        throw fault({ wrong: `${file} is too large`, got: `${this.length} records`, expected: `at most ${MOST}` });
      }
      this.#table = scalingTable(scaling, 3);
      this.labels = this.#readLabels();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get classes(): number {
    return this.classNames.length;
  }

  batch(indices: ArrayLike<number>): ImageBatch {
    checkIndices(indices, this.length);
    const side = this.inputShape[0];
    const plane = side * side;
    const n = indices.length;
    const xs = new Float32Array(3 * n * plane);
    const table = this.#table;
    const record = this.#record;
    for (let k = 0, out = 0; k < n; k++) {
      this.#read(indices[k]);
      for (let p = LABEL_BYTES; p < LABEL_BYTES + plane; p++) {
        xs[out++] = table[record[p]];
        xs[out++] = table[256 + record[p + plane]];
        xs[out++] = table[512 + record[p + 2 * plane]];
      }
    }
    return {
      xs: { data: xs, shape: [n, side, side, 3], dtype: 'float32' },
      ys: oneHot(this.labels, indices, this.classes),
    };
  }

  image(index: number): RawImage {
    checkIndices([index], this.length);
    const side = this.inputShape[0];
    const data = new Uint8Array(3 * side * side);
    this.#read(index);
    planesToPixels(this.#record, LABEL_BYTES, data, 0, side * side);
    return { data, width: side, height: side, channels: 3 };
  }

  /** The same file with another scaling; it has to be closed on its own. */
  scaled(scaling: Scaling): RecordFile {
    return new RecordFile({ ...this.#init, scaling });
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #read(index: number): void {
    const { length } = this.#record;
    this.#fill(this.#record, index * length, index);
  }

  /** Fills `bytes` from `at` on, where record `index` is. */
  #fill(bytes: Buffer, at: number, index: number): void {
    const { file } = this.#init;
    if (this.#handle === undefined) throw fault({ wrong: `${file} is closed`, expected: 'an open record file' });
    for (let done = 0; done < bytes.length; ) {
      let got: number;
      try {
        got = readSync(this.#handle, bytes, done, bytes.length - done, at + done);
      } catch (cause) {
        throw fault({ wrong: `${file} cannot be read at byte ${at + done}`, got: (cause as Error).message, cause });
      }
      if (got === 0) {
        const wrong = `${file} ends in record ${index} (byte ${at})`;
        throw fault({ wrong, got: counted(done, 'byte'), expected: `${bytes.length}` });
      }
      done += got;
    }
  }

  #readLabels(): Uint16Array {
    const labels = new Uint16Array(this.length);
    const stride = this.#record.length;
    const perChunk = Math.max(1, Math.floor(2 ** 24 / stride));
    const chunk = Buffer.alloc(perChunk * stride);
    for (let i = 0; i < this.length; i++) {
      if (i % perChunk === 0) this.#fill(chunk.subarray(0, (this.length - i) * stride), i * stride, i);
      labels[i] = chunk.readUInt16LE((i % perChunk) * stride);
      if (labels[i] >= this.classes) {
        throw fault({
          wrong: `Record ${i} of ${this.#init.file} (byte ${i * stride}) is mislabelled`,
          got: `label ${labels[i]}`,
          expected: `a label from 0 to ${this.classes - 1}`,
        });
      }
    }
    return labels;
  }
}
