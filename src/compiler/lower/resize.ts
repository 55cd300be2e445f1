/** Resizing of images by nearest neighbour and bilinear interpolation: products with one matrix per direction. */
import { toData } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { type Emitter, NCHW, type Sym } from '../symbol.ts';
import { image } from './convolution.ts';
import { kernel, type Lowerings } from './lowering.ts';
import { repeatPixels } from './repeat-pixels.ts';

interface Attributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  readonly size: [number, number];
}

type Weights = (from: number, to: number, a: Attributes) => number[][];

const scaleOf = (from: number, to: number, align: boolean): number =>
  align && to > 1 ? (from - 1) / (to - 1) : from / to;

/** Row i: where output i is read from. */
const nearest: Weights = (from, to, { alignCorners, halfPixelCenters }) =>
  Array.from({ length: to }, (_, i) => {
    const scale = scaleOf(from, to, alignCorners);
    const position = halfPixelCenters ? (i + 0.5) * scale : i * scale;
    const source = Math.min(from - 1, alignCorners ? Math.round(position) : Math.floor(position));
    return Array.from({ length: from }, (__, k) => (k === source ? 1 : 0));
  });

const bilinear: Weights = (from, to, { alignCorners, halfPixelCenters }) =>
  Array.from({ length: to }, (_, i) => {
    const scale = scaleOf(from, to, alignCorners);
    const position = halfPixelCenters ? scale * (i + 0.5) - 0.5 : i * scale;
    const low = Math.max(0, Math.floor(position));
    const high = Math.min(from - 1, Math.ceil(position));
    const part = position - low;
    const row = new Array<number>(from).fill(0);
    row[low] += 1 - part;
    row[high] += part;
    return row;
  });

const table = (e: Emitter, rows: number[][]): Value =>
  e.table(toData('float32', rows.flat()), [rows.length, rows[0].length], 'float32');

/** rows · x · columnsᵀ on every image plane. */
function sandwich(e: Emitter, x: Sym, rows: number[][], columns: number[][], back: boolean): Sym {
  const planes = e.fullIn(x, NCHW);
  const tall = e.matmul(planes, table(e, columns), false, !back);
  return image(e, e.matmul(table(e, back ? transpose(rows) : rows), tall));
}

const transpose = (rows: number[][]): number[][] => rows[0].map((_, j) => rows.map((row) => row[j]));

const resize = (weights: Weights) =>
  kernel<Attributes>(({ images }, a, e) => {
    const [, h, w] = images.shape;
    const whole = integerFactors(images, a);
    if (whole && weights === nearest) return image(e, repeatPixels(e, e.fullIn(images, NCHW), whole));
    return sandwich(e, images, weights(h, a.size[0], a), weights(w, a.size[1], a), false);
  });

const gradient = (weights: Weights) =>
  kernel<Attributes>(({ images, dy }, a, e) => {
    const [, h, w] = images.shape;
    const sized = { ...a, size: [dy.shape[1], dy.shape[2]] as [number, number] };
    const whole = integerFactors(images, sized);
    if (whole && weights === nearest) return sumBlocks(e, dy, whole);
    return sandwich(e, dy, weights(h, dy.shape[1], sized), weights(w, dy.shape[2], sized), true);
  });

/** The common case, up-sampling by whole numbers, moves elements without a product. */
function integerFactors(
  { shape: [, h, w] }: Sym,
  { size: [oh, ow], alignCorners }: Attributes,
): [number, number] | undefined {
  return !alignCorners && oh % h === 0 && ow % w === 0 ? [oh / h, ow / w] : undefined;
}

/** An average pool is faster than a sum over two dimensions that have others between them. */
function sumBlocks(e: Emitter, dy: Sym, size: [number, number]): Sym {
  const [n, h, w, c] = dy.shape;
  const [p, q] = size;
  const window = { kernel_shape: size, strides: size };
  const means = e.node('AveragePool', [e.fullIn(dy, NCHW)], 'float32', [n, c, h / p, w / q], window);
  return image(e, e.binary('Mul', means, e.scalar(p * q)));
}

export const resizings: Lowerings = {
  ResizeNearestNeighbor: resize(nearest),
  ResizeNearestNeighborGrad: gradient(nearest),
  ResizeBilinear: resize(bilinear),
  ResizeBilinearGrad: gradient(bilinear),
};
