import { fault } from '../errors.ts';
import { type Checks, checkedOptions, integer, when } from '../options.ts';
import type { ImageBatch, LabelledImages } from './images.ts';
import { permutation } from './indices.ts';
import { passedOn, shownAs } from './passed-on.ts';

export interface PixelSequenceOptions {
  /** The seed of the one fixed order of the steps, or `false` (default) for row by row. */
  readonly permute?: number | false;
  /** The side of the square blocks of pixels that are averaged into one step. Default 1. */
  readonly block?: number;
}

const checks: Checks<PixelSequenceOptions> = {
  permute: when((value) => value === false || Number.isSafeInteger(value), 'a seed, or false'),
  block: integer(1),
};

/**
 * Images read as sequences of `[steps, channels]` (Le, Jaitly and Hinton, arXiv:1504.00941, section 4.2): MNIST gives
 * 784 steps of one pixel, or 16 of blocks of 7 × 7.
 *
 * @example
 * ```ts
 * const { train } = await mnist();
 * const sequences = pixelSequences(train, { permute: 1 });
 * ```
 */
export function pixelSequences(images: LabelledImages, options: PixelSequenceOptions = {}): LabelledImages {
  const { permute = false, block = 1 } = checkedOptions('pixelSequences', options, checks);
  const [height, width, channels] = images.inputShape;
  if (images.inputShape.length !== 3 || !(block > 0) || height % block !== 0 || width % block !== 0) {
    throw fault({
      wrong: `${images.name} cannot be read in blocks of ${block} × ${block}`,
      got: `inputs of [${images.inputShape.join(', ')}]`,
      expected: 'a height and a width that are multiples of the block',
    });
  }
  const columns = width / block;
  const steps = (height / block) * columns;
  const inputShape = [steps, channels];
  const order = permute === false ? undefined : permutation(steps, permute);
  // The pixel (y, x) belongs to the block in row-major order, whose place in the sequence is where `order` puts it.
  const place = new Int32Array(steps);
  for (let step = 0; step < steps; step++) place[order === undefined ? step : order[step]] = step;
  const target = new Int32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      target[y * width + x] = channels * place[Math.floor(y / block) * columns + Math.floor(x / block)];
    }
  }

  const read = ({ xs, ys }: ImageBatch): ImageBatch => {
    const n = xs.shape[0];
    const source = xs.data;
    const pixels = height * width;
    const share = 1 / (block * block);
    const data = new Float32Array(n * steps * channels);
    for (let k = 0, at = 0; k < n; k++) {
      const start = k * steps * channels;
      for (let p = 0; p < pixels; p++) {
        for (let c = 0; c < channels; c++) data[start + target[p] + c] += share * source[at++];
      }
    }
    return { xs: { data, shape: [n, ...inputShape], dtype: 'float32' }, ys };
  };

  const { name, length, classes, classNames, labels } = images;
  return {
    name: `${name} in ${steps} ${order === undefined ? '' : 'permuted '}steps`,
    length,
    inputShape,
    classes,
    classNames,
    labels,
    batch: (indices) => {
      const batch = images.batch(indices);
      return batch instanceof Promise ? batch.then(read) : read(batch);
    },
    ...passedOn(images),
    ...shownAs(images),
    image: (index) => images.image(index),
  };
}
