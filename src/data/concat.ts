import { fault } from '../errors.ts';
import { checkIndices, type ImageBatch, type LabelledImages } from './images.ts';
import { type Origin, originOf } from './labelled.ts';
import { areImages } from './subset.ts';

/**
 * Sets of images with the same shape and classes, one after the other. As places in the data, those of the data of the first set come
 * first, then those of the next that is of other data.
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
    origin: originOfAll(parts, (index) => [partOf(index), index - starts[partOf(index)]]),
    ...(parts.every(({ file }) => file) && { file: (i: number) => parts[partOf(i)].file!(i - starts[partOf(i)]) }),
    image: (index) => {
      checkIndices([index], length);
      const p = partOf(index);
      return parts[p].image(index - starts[p]);
    },
  };
}

/** Data that several parts are of is counted once. `find` gives the part of a sample, and which sample of it. */
function originOfAll(parts: readonly LabelledImages[], find: (index: number) => [part: number, index: number]): Origin {
  const origins = parts.map(originOf);
  const starts = new Map<object, number>();
  let length = 0;
  for (const { of, length: own } of origins) {
    if (starts.has(of)) continue;
    starts.set(of, length);
    length += own;
  }
  const at = (index: number) => {
    const [part, own] = find(index);
    return starts.get(origins[part].of)! + origins[part].at(own);
  };
  return { of: starts.size === 1 ? origins[0].of : starts, length, at };
}
