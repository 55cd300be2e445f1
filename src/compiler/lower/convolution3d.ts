/** Convolutions of three dimensions and their gradients. TensorFlow.js: [n, d, h, w, c]; here: [n, c, d, h, w]. */
import * as tf from '@tensorflow/tfjs';
import type { Value } from '../graph.ts';
import type { Emitter, Sym } from '../symbol.ts';
import { kernel, type Lowerings } from './lowering.ts';

/** The geometry of a convolution, one entry per spatial dimension. */
interface Geometry {
  readonly inShape: readonly number[];
  readonly outShape: readonly number[];
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All befores, then all afters. */
  readonly pads: readonly number[];
}

interface Attributes {
  readonly strides: number | number[];
  readonly pad: 'valid' | 'same';
  readonly dilations?: number | number[];
  readonly dataFormat?: string;
}

/** [n, …, c] stored as [n, c, …]. */
const channelsFirst = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)];
/** Filters [k…, in, out] stored as [out, in, k…]. */
const outFirst = (rank: number): number[] => [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, i) => i)];

function geometry(x: readonly number[], filter: readonly number[], a: Attributes): Geometry {
  const dilations = a.dilations ?? 1;
  const info = tf.backend_util.computeConv3DInfo(
    x as never,
    filter as never,
    a.strides as never,
    dilations as never,
    a.pad as never,
  );
  const { front, top, left, back, bottom, right } = info.padInfo;
  return {
    inShape: info.inShape,
    outShape: info.outShape,
    size: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    pads: [front, top, left, back, bottom, right],
  };
}

/** A symbol of the shape [n, …, c] whose value is stored [n, c, …]. */
function fromChannelsFirst(e: Emitter, value: Value): Sym {
  const [n, c, ...space] = value.shape;
  return e.sym(value, [n, ...space, c], channelsFirst(value.shape.length));
}

const moved = (shape: readonly number[]): number[] => channelsFirst(shape.length).map((p) => shape[p]);

function convolve(e: Emitter, x: Value, filter: Value, g: Geometry): Value {
  const { strides, dilations, pads, size } = g;
  return e.node('Conv', [x, filter], 'float32', moved(g.outShape), { strides, dilations, pads, kernel_shape: size });
}

/** The gradient by the input: the convolution transposed. */
function convolveBack(e: Emitter, dy: Value, filter: Value, g: Geometry): Value {
  const { inShape, outShape, strides, dilations, pads, size } = g;
  const missing = size.map((k, i) => {
    const reached = (outShape[i + 1] - 1) * strides[i] + (k - 1) * dilations[i] + 1 - pads[i] - pads[size.length + i];
    return inShape[i + 1] - reached;
  });
  const attributes = { strides, dilations, pads, kernel_shape: size, output_padding: missing };
  return e.node('ConvTranspose', [dy, filter], 'float32', moved(inShape), attributes);
}

/** Runs a lowering written for [n, …, c] on tensors that have their channels first in TensorFlow.js too. */
function inLastFormat(e: Emitter, x: Sym, format: string | undefined, lower: (x: Sym) => Sym): Sym {
  if (!format?.startsWith('NC')) return lower(x);
  const rank = x.shape.length;
  const last = [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
  return e.transposeSym(lower(e.transposeSym(x, last)), channelsFirst(rank));
}

const lastShape = (shape: readonly number[], format: string | undefined): readonly number[] =>
  format?.startsWith('NC') ? [shape[0], ...shape.slice(2), shape[1]] : shape;

function forward(e: Emitter, x: Sym, filter: Sym, a: Attributes): Sym {
  return inLastFormat(e, x, a.dataFormat, (image) => {
    const g = geometry(image.shape, filter.shape, a);
    const rank = x.shape.length;
    return fromChannelsFirst(e, convolve(e, e.fullIn(image, channelsFirst(rank)), e.fullIn(filter, outFirst(rank)), g));
  });
}

function byInput(e: Emitter, dy: Sym, filter: Sym, inputShape: readonly number[], a: Attributes): Sym {
  return inLastFormat(e, dy, a.dataFormat, (gradient) => {
    const g = geometry(lastShape(inputShape, a.dataFormat), filter.shape, a);
    const rank = dy.shape.length;
    return fromChannelsFirst(
      e,
      convolveBack(e, e.fullIn(gradient, channelsFirst(rank)), e.fullIn(filter, outFirst(rank)), g),
    );
  });
}

/** The gradient by the filter: a convolution in which the batch is summed over as channels. */
function byFilter(e: Emitter, x: Sym, dy: Sym, filterShape: readonly number[], a: Attributes): Sym {
  const rank = x.shape.length;
  const space = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const channelsBatch = a.dataFormat?.startsWith('NC') ? [1, 0, ...space.map((i) => i + 1)] : [rank - 1, 0, ...space];
  const g = geometry(lastShape(x.shape, a.dataFormat), filterShape, a);
  const image = e.fullIn(x, channelsBatch);
  const gradient = e.fullIn(dy, channelsBatch);
  const k = g.size.length;
  const reach = g.size.map(
    (_, i) => g.inShape[i + 1] + g.pads[i] + g.pads[k + i] - (g.outShape[i + 1] - 1) * g.strides[i],
  );
  const shape = [image.shape[0], gradient.shape[0], ...reach];
  const attributes = {
    strides: g.size.map(() => 1),
    dilations: g.strides,
    pads: g.pads,
    kernel_shape: g.outShape.slice(1, -1),
  };
  const all = e.node('Conv', [image, gradient], 'float32', shape, attributes);
  const product = e.slice(
    all,
    shape.map(() => 0),
    [shape[0], shape[1], ...g.size],
  );
  return e.sym(product, filterShape, [rank - 2, rank - 1, ...space.map((i) => i - 1)]);
}

type Shaped<Name extends string> = Attributes & Readonly<Record<Name, number[]>>;

export const convolutions3d: Lowerings = {
  Conv3D: kernel<Attributes>(({ x, filter }, a, e) => forward(e, x, filter, a)),
  Conv3DBackpropInputV2: kernel<Shaped<'inputShape'>>(({ dy, filter }, a, e) =>
    byInput(e, dy, filter, a.inputShape, a),
  ),
  Conv3DBackpropFilterV2: kernel<Shaped<'filterShape'>>(({ x, dy }, a, e) => byFilter(e, x, dy, a.filterShape, a)),
};
