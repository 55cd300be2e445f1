import { fault } from '../errors.ts';
import { checkIndices, type ImageBatch, type LabelledImages } from './images.ts';
import { areImages } from './subset.ts';

/**
 * Sets of images with the same shape and classes, one after the other.
 *
 * @example
 * ```ts
 * const { train, test } = await mnist();
 * const all = concat(train, test);
 * ```
 */
export function concat(first: LabelledImages, ...others: LabelledImages[]): LabelledImages {
  const parts = [first, ...others];
  for (const part of parts) {
    if (typeof part !== 'object' || !areImages(part))
      throw fault({ wrong: 'concat of no images', got: part, expected: 'sets of images, each an argument' });
  }
  const { inputShape, classes, classNames } = first;
  for (const part of others) {
    if (`${part.classNames}` !== `${classNames}` || `${part.inputShape}` !== `${inputShape}`) {
      throw fault({
        wrong: `${part.name} does not go with ${first.name}`,
        got: `[${part.inputShape.join(', ')}] of ${part.classNames.join(', ')}`,
        expected: `[${inputShape.join(', ')}] of ${classNames.join(', ')}`,
      });
    }
  }
  const starts = [0];
  for (const part of parts) starts.push(starts[starts.length - 1] + part.length);
  const length = starts[parts.length];
  const labels = new (classes > 256 ? Uint16Array : Uint8Array)(length);
  for (const [p, part] of parts.entries()) labels.set(part.labels, starts[p]);
  const partOf = (index: number) => {
    let p = 0;
    while (index >= starts[p + 1]) p++;
    return p;
  };

  const batch = async (indices: ArrayLike<number>): Promise<ImageBatch> => {
    checkIndices(indices, length);
    const places: number[][] = parts.map(() => []);
    for (let k = 0; k < indices.length; k++) places[partOf(indices[k])].push(k);
    const whole = places.findIndex((places) => places.length === indices.length);
    if (whole >= 0) return parts[whole].batch(Int32Array.from(indices, (i) => i - starts[whole]));
    const size = inputShape.reduce((product, dimension) => product * dimension, 1);
    const xs = new Float32Array(indices.length * size);
    const ys = new Float32Array(indices.length * classes);
    for (const [p, part] of parts.entries()) {
      if (places[p].length === 0) continue;
      const own = await part.batch(places[p].map((k) => indices[k] - starts[p]));
      for (const [row, k] of places[p].entries()) {
        xs.set(own.xs.data.subarray(row * size, (row + 1) * size), k * size);
        ys.set(own.ys.data.subarray(row * classes, (row + 1) * classes), k * classes);
      }
    }
    return {
      xs: { data: xs, shape: [indices.length, ...inputShape], dtype: 'float32' },
      ys: { data: ys, shape: [indices.length, classes], dtype: 'float32' },
    };
  };

  const soon = (indices: ArrayLike<number>) => {
    for (const [p, part] of parts.entries()) {
      const own = Array.from(indices)
        .filter((index) => partOf(index) === p)
        .map((index) => index - starts[p]);
      if (own.length > 0) part.soon?.(own);
    }
  };

  return {
    name: parts.map(({ name }) => name).join(' + '),
    length,
    inputShape,
    classes,
    classNames,
    labels,
    batch,
    ...(parts.some(({ soon }) => soon) && { soon }),
    ...(parts.every(({ pure }) => pure) && { pure: true }),
    image: (index) => {
      checkIndices([index], length);
      const p = partOf(index);
      return parts[p].image(index - starts[p]);
    },
  };
}
