import { fault } from '../errors.ts';
import type { LabelledBatch, LabelledSamples, Splits } from './labelled.ts';
import { type Scaling, scaleBytes, scalingTable } from './scaling.ts';

/** One picture as it is stored: bytes by row, column, channel. */
export interface RawImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

export type ImageBatch = LabelledBatch;

/** Images with one class each. */
export interface LabelledImages extends LabelledSamples {
  /** The raw pixels of one sample, for reports. */
  image(index: number): RawImage | Promise<RawImage>;
}

/** Images for training and for testing. */
export type ImageSplits<T extends LabelledImages = LabelledImages> = Splits<T>;

/**
 * One-hot rows of `classes` columns for the labels at `indices`.
 *
 * @example
 * ```ts
 * oneHot([2, 0], [0, 1], 3); // rows 0 0 1 and 1 0 0
 * ```
 */
export function oneHot(labels: ArrayLike<number>, indices: ArrayLike<number>, classes: number) {
  if (!(Number.isInteger(indices?.length) && Number.isInteger(classes) && classes > 0)) {
    throw fault({
      wrong: 'bad arguments of oneHot',
      got: `indices ${String(indices)}, classes ${String(classes)}`,
      expected: 'labels, the indices of those that are wanted, and the number of classes',
      mend: 'for all of them: oneHot(labels, [...labels.keys()], classes)',
    });
  }
  const data = new Float32Array(indices.length * classes);
  for (let k = 0; k < indices.length; k++) {
    const label = labels[indices[k]];
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw fault({ wrong: 'no such class', got: `label ${label}`, expected: `a label from 0 to ${classes - 1}` });
    }
    data[k * classes + label] = 1;
  }
  return { data, shape: [indices.length, classes], dtype: 'float32' as const };
}

/** Throws unless every index is that of a sample. */
export function checkIndices(indices: ArrayLike<number>, length: number): void {
  for (let k = 0; k < indices.length; k++) {
    const i = indices[k];
    if (!(Number.isInteger(i) && i >= 0 && i < length)) {
      throw fault({ wrong: 'No such sample', got: `index ${i}`, expected: `an index from 0 to ${length - 1}` });
    }
  }
}

/** What {@link ByteImages} are made of. */
export interface ByteImagesInit {
  readonly name: string;
  /** Bytes by sample, row, column, channel. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array | Uint16Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classNames: readonly string[];
  readonly scaling?: Scaling;
}

/**
 * Images of one size held in memory as bytes and turned into float32 one batch at a time.
 *
 * @example
 * ```ts
 * const [pixels, labels] = [new Uint8Array(2 * 28 * 28), Uint8Array.of(0, 1)];
 * const gray = new ByteImages({ name: 'two', pixels, labels, height: 28, width: 28, channels: 1, classNames: ['a', 'b'] });
 * ```
 */
export class ByteImages implements LabelledImages {
  readonly name: string;
  readonly pure = true;
  readonly length: number;
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array | Uint16Array;
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly classNames: readonly string[];
  readonly #table: Float32Array;

  constructor({ name, pixels, labels, height, width, channels, classNames, scaling = 'unit' }: ByteImagesInit) {
    if (pixels.length !== labels.length * height * width * channels) {
      throw fault({
        wrong: `Images and labels of ${name} do not belong together`,
        got: `${pixels.length} bytes of pixels for ${labels.length} labels`,
        expected: `${height} × ${width} × ${channels} bytes a label`,
      });
    }
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] >= classNames.length) {
        throw fault({
          wrong: `Record ${i} of ${name} is mislabelled`,
          got: `label ${labels[i]}`,
          expected: `a label from 0 to ${classNames.length - 1}`,
        });
      }
    }
    this.name = name;
    this.length = labels.length;
    this.pixels = pixels;
    this.labels = labels;
    this.inputShape = [height, width, channels];
    this.classNames = classNames;
    this.#table = scalingTable(scaling, channels);
  }

  get classes(): number {
    return this.classNames.length;
  }

  batch(indices: ArrayLike<number>): ImageBatch {
    checkIndices(indices, this.length);
    const [height, width, channels] = this.inputShape;
    const size = height * width * channels;
    const n = indices.length;
    const xs = new Float32Array(n * size);
    for (let k = 0; k < n; k++) scaleBytes(this.pixels, indices[k] * size, this.#table, channels, xs, k * size, size);
    return {
      xs: { data: xs, shape: [n, height, width, channels], dtype: 'float32' },
      ys: oneHot(this.labels, indices, this.classes),
    };
  }

  image(index: number): RawImage {
    checkIndices([index], this.length);
    const [height, width, channels] = this.inputShape;
    const size = height * width * channels;
    return { data: this.pixels.subarray(index * size, (index + 1) * size), width, height, channels };
  }

  /** The same images (the bytes are shared) with another scaling. */
  scaled(scaling: Scaling): ByteImages {
    const [height, width, channels] = this.inputShape;
    const { name, pixels, labels, classNames } = this;
    return new ByteImages({ name, pixels, labels, height, width, channels, classNames, scaling });
  }
}
