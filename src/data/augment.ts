import { fault } from '../errors.ts';
import { checkIndices, type ImageBatch, type LabelledImages } from './images.ts';
import { soonOf } from './soon.ts';

export interface AugmentOptions {
  /** How many augmented samples there are of each image. */
  readonly copies: number;
  /** The largest shift along each axis, as a share of its length. Default 0.1. */
  readonly shift?: number;
  /** Whether half of the samples are mirrored left to right. Default true. */
  readonly flip?: boolean;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * A fixed set of `copies` × N augmented samples, as in the paper (section 4.2: 1.5 million of them, so that a history
 * per sample makes sense). Sample i is image i mod N, shifted by whole pixels drawn uniformly (the border is repeated)
 * and perhaps mirrored. The draw follows from seed and index alone; nothing is stored but labels.
 *
 * @example
 * ```ts
 * const { train } = await loadData('cifar-10');
 * await fit(model, augmented(train, { copies: 8, shift: 0.1, flip: true }), { epochs: 1 });
 * ```
 */
export function augmented(images: LabelledImages, options: AugmentOptions): LabelledImages {
  const { copies, shift = 0.1, flip = true, seed = 0 } = options;
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
    return { top, left, mirror: flip && uniform(seed, index, 2) < 0.5 };
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
  const move = (source: Pixels, target: Pixels, { top, left, mirror }: ReturnType<typeof draw>) => {
    for (let x = 0; x < width; x++) {
      columns[x] = channels * Math.min(Math.max((mirror ? width - 1 - x : x) - left, 0), width - 1);
    }
    for (let y = 0, out = 0; y < height; y++) {
      const row = Math.min(Math.max(y - top, 0), height - 1) * width * channels;
      for (let x = 0; x < width; x++) {
        const at = row + columns[x];
        for (let c = 0; c < channels; c++) target[out++] = source[at + c];
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
    ...soonOf(images, originalsOf),
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
