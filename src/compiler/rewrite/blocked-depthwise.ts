/**
 * Depthwise convolutions in the blocked layout, where ONNX Runtime computes a whole block of channels at once: up to twenty times as
 * fast as its groups of one channel. Images and channels are alike to them, [n, c, h, w] is [1, n·c, h, w] in memory, so that the
 * gradient by the filter, whose filters are images, stays in the layout too.
 */
import type { Builder } from '../builder.ts';
import type { GraphNode, Value } from '../graph.ts';
import { reverse } from '../lower/convolution.ts';
import { pair } from '../lower/window.ts';
import type { Layouts } from './layout.ts';

/** Whether a convolution has one filter a channel. */
export function isDepthwise({ attributes, inputs }: GraphNode): boolean {
  const [x, filter] = inputs as Value[];
  return attributes.group === x.shape[1] && filter.shape[0] === x.shape[1] && filter.shape[1] === 1;
}

/** Operands of a blocked convolution of images [n, c, h, w] that come out as the given shape. */
export interface Operands {
  readonly inputs: readonly Value[];
  readonly shape: readonly number[];
  readonly group: number;
}

/** A depthwise convolution's operands. Where its channels fill no blocks, those of all images together may. */
export function depthwiseOperands({ inputs, outputs }: GraphNode, at: Layouts): Operands | undefined {
  const [x, filter, bias] = inputs as Value[];
  const [n, c, ...size] = x.shape;
  const [, , ...outSize] = outputs[0].shape;
  const [joined, shape] = [size, outSize].map((pixels) => [1, n * c, ...pixels]);
  if (!at.fits(joined) || !at.fits(shape)) return undefined;
  if (at.fits(x.shape)) {
    const list = [at.blocked(x), depthwiseFilter(at, filter), ...(bias ? [at.plain(bias)] : [])];
    return { inputs: list, shape: outputs[0].shape, group: c };
  }
  const { e } = at;
  const images = at.toBlocked(e.reshape(at.plain(x), joined));
  const repeat = (v: Value): Value => {
    const rest = v.shape.slice(1);
    return e.reshape(e.expand(e.reshape(at.plain(v), [1, ...v.shape]), [n, ...v.shape]), [n * c, ...rest]);
  };
  const filters = repeat(filter);
  const list = [images, blockFilter(at, filters, filters.shape), ...(bias ? [repeat(bias)] : [])];
  return { inputs: list, shape, group: n * c };
}

/** Filters [c, 1, h, w] in blocks of channels. They may be images [n, c', h, w] that are blocked already. */
function depthwiseFilter(at: Layouts, filter: Value): Value {
  const [channels, , ...size] = filter.shape;
  const source = filter.node?.op === 'Reshape' ? filter.node.inputs[0]! : filter;
  if (
    source.shape.length === 4 &&
    source !== filter &&
    `${source.shape.slice(2)}` === `${size}` &&
    at.fits(source.shape)
  )
    return at.e.reshape(at.blocked(source), filter.shape);
  return blockFilter(at, at.plain(filter), [channels, 1, ...size]);
}

/** A filter that is transposed from [h, w, c, 1] is read from there. */
function blockFilter(at: Layouts, filter: Value, shape: readonly number[]): Value {
  const { e } = at;
  const [channels, , h, w] = shape;
  const { node } = filter;
  if (node?.op === 'Transpose' && `${node.attributes.perm}` === '2,3,0,1') {
    const last = e.reshape(node.inputs[0]!, [1, h, w, channels]);
    const blocked = at.node('ReorderInput', [last], [1, channels, h, w], { channels_last: 1 });
    return e.reshape(blocked, shape);
  }
  return e.reshape(at.toBlocked(e.reshape(filter, [1, channels, h, w])), shape);
}

/** The gradient by the input with a stride: zeros between the pixels, then a convolution with the filter turned by half a turn. */
export function depthwiseTransposed(node: GraphNode, at: Layouts): boolean {
  const [dy, filter] = node.inputs as Value[];
  const [x] = node.outputs;
  if (!at.fits(dy.shape) || !at.fits(x.shape) || !isDepthwise(node) || node.inputs.length > 2) return false;
  const { kernel_shape: k, strides, pads } = node.attributes as Readonly<Record<string, readonly number[]>>;
  const [n, c, ...size] = dy.shape;
  const before = pair((d) => k[d] - 1 - pads[d]);
  const after = pair((d) => x.shape[2 + d] - size[d] * strides[d] + k[d] - 1 - before[d]);
  if ([...before, ...after].some((pad) => pad < 0)) return false;
  const spread = spreadOut(at.e, at.blocked(dy), strides, at.block);
  const turned = reverse(at.e, at.plain(filter), [2, 3]);
  const attributes = { kernel_shape: k, pads: [...before, ...after], strides: [1, 1], dilations: [1, 1], group: c };
  const inputs = [spread, blockFilter(at, turned, turned.shape)];
  at.setBlocked(x, at.node('Conv', inputs, [n, c, x.shape[2], x.shape[3]], attributes));
  return true;
}

/** Blocked images with zeros after every pixel, as many as the strides leave room for. */
function spreadOut(e: Builder, images: Value, [down, right]: readonly number[], block: number): Value {
  const [n, c, h, w] = images.shape;
  const pixels = e.reshape(images, [(n * c * h) / block, 1, w, block]);
  const spread = e.pad(pixels, [0, 0, 0, 0], [0, down - 1, 0, (right - 1) * block]);
  return e.reshape(spread, [n, c, h * down, w * right]);
}
