import { fault } from '../errors.ts';
import { type Checks, checkedOptions, elsewhere, range, seeding, trueOrFalse } from '../options.ts';
import { checkIndices, type ImageBatch, type LabelledImages } from './images.ts';
import { passedOn, shownAs } from './passed-on.ts';

export interface AugmentOptions {
  /** How many augmented samples there are of each image. */
  readonly copies: number;
  /** The largest shift along each axis, as a share of its length. Default 0.1. */
  readonly shift?: number;
  /** Whether half of the samples are mirrored left to right. Default true. */
  readonly flip?: boolean;
  /**
   * Height and width, as a share of those of the image, of a block that is painted in the image's mean colour, anywhere and perhaps half
   * outside. Default 0: none. (DeVries & Taylor, *Improved Regularization of Convolutional Neural Networks with Cutout*, 2017.)
   */
  readonly erase?: number;
  /** Default 0. */
  readonly seed?: number;
}

const checks: Checks<AugmentOptions> = {
  ...{ copies: elsewhere, shift: range(0), flip: trueOrFalse, erase: range(0, 1), seed: seeding },
};

/**
 * A fixed set of `copies` × N augmented samples, as in the paper (section 4.2: 1.5 million of them, so that a history
 * per sample makes sense). Sample i is image i mod N, shifted by whole pixels drawn uniformly (the border is repeated)
 * and perhaps mirrored, with a block of it erased if asked for. The draw follows from seed and index alone; nothing is stored but labels.
 *
 * @example
 * ```ts
 * const { train } = await loadData('cifar-10');
 * await fit(model, augmented(train, { copies: 8, shift: 0.1, flip: true }), { epochs: 1 });
 * ```
 */
export function augmented(images: LabelledImages, options: AugmentOptions): LabelledImages {
  const { copies, shift = 0.1, flip = true, erase = 0, seed = 0 } = checkedOptions('augmented', options, checks);
  if (!(Number.isInteger(copies) && copies > 0)) {
    throw fault({ wrong: 'Images cannot be augmented', got: `${copies} copies`, expected: 'a whole number above 0' });
  }
  if (!(shift >= 0 && shift < 1)) {
    throw fault({ wrong: 'Images cannot be shifted', got: `a share of ${shift}`, expected: 'one from 0 up to 1' });
  }
  if (images.inputShape.length !== 3) {
    throw fault({
      wrong: `${images.name} cannot be augmented`,
      got: `inputs of [${images.inputShape.join(', ')}]`,
      expected: 'height, width and channels',
    });
  }
  const { name, inputShape, classes, classNames } = images;
  const [height, width, channels] = inputShape;
  const n = images.length;
  const length = copies * n;
  const labels = new (images.labels instanceof Uint8Array ? Uint8Array : Uint16Array)(length);
  for (let copy = 0; copy < copies; copy++) labels.set(images.labels, copy * n);

  const draw = (index: number) => {
    const top = Math.round((2 * uniform(seed, index, 0) - 1) * shift * height);
    const left = Math.round((2 * uniform(seed, index, 1) - 1) * shift * width);
    const [row, column] = [uniform(seed, index, 3) * height, uniform(seed, index, 4) * width];
    return { top, left, mirror: flip && uniform(seed, index, 2) < 0.5, row, column };
  };

  const originalsOf = (indices: ArrayLike<number>) => Int32Array.from(indices, (i) => i % n);
  const batch = (indices: ArrayLike<number>): ImageBatch | Promise<ImageBatch> => {
    checkIndices(indices, length);
    const originals = images.batch(originalsOf(indices));
    return originals instanceof Promise ? originals.then((o) => moved(o, indices)) : moved(originals, indices);
  };

  const moved = (originals: ImageBatch, indices: ArrayLike<number>): ImageBatch => {
    const source = originals.xs.data;
    const size = height * width * channels;
    const data = new Float32Array(source.length);
    for (let k = 0; k < indices.length; k++) {
      move(source.subarray(k * size, (k + 1) * size), data.subarray(k * size, (k + 1) * size), draw(indices[k]));
    }
    return { xs: { ...originals.xs, data }, ys: originals.ys };
  };

  const columns = new Int32Array(width);
  const move = (source: Pixels, target: Pixels, { top, left, mirror, row, column }: ReturnType<typeof draw>) => {
    for (let x = 0; x < width; x++) {
      columns[x] = channels * Math.min(Math.max((mirror ? width - 1 - x : x) - left, 0), width - 1);
    }
    for (let y = 0, out = 0; y < height; y++) {
      const from = Math.min(Math.max(y - top, 0), height - 1) * width * channels;
      for (let x = 0; x < width; x++) {
        const at = from + columns[x];
        for (let c = 0; c < channels; c++) target[out++] = source[at + c];
      }
    }
    if (erase > 0) paint(target, row, column);
  };

  /** Erases the block around a place. */
  const paint = (target: Pixels, row: number, column: number) => {
    const [up, aside] = [(erase * height) / 2, (erase * width) / 2];
    const within = (from: number, to: number, size: number) => [
      Math.max(0, Math.round(from)),
      Math.min(size, Math.round(to)),
    ];
    const [top, bottom] = within(row - up, row + up, height);
    const [left, right] = within(column - aside, column + aside, width);
    for (let c = 0; c < channels; c++) {
      let mean = 0;
      for (let at = c; at < target.length; at += channels) mean += target[at] / (height * width);
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) target[(y * width + x) * channels + c] = mean;
      }
    }
  };

  return {
    name: `${name} × ${copies} augmented`,
    length,
    inputShape,
    classes,
    classNames,
    labels,
    batch,
    ...passedOn(images, originalsOf),
    ...shownAs(images, (index) => index % n),
    image: async (index) => {
      checkIndices([index], length);
      const original = await images.image(index % n);
      const data = new Uint8Array(original.data.length);
      move(original.data, data, draw(index));
      return { ...original, data };
    },
  };
}

type Pixels = Float32Array | Uint8Array;

/** A number in [0, 1) that follows from its arguments: two rounds of the 32-bit finalizer of MurmurHash3. */
function uniform(seed: number, index: number, axis: number): number {
  return mix(mix(seed ^ Math.imul(axis + 1, 0x9e3779b9)) ^ index) / 2 ** 32;
}

function mix(x: number): number {
  let h = x | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
