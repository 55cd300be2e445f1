/** The geometry of convolutions and pools: how TensorFlow.js's arguments become strides, dilations and pads. */
import * as tf from '@tensorflow/tfjs';
import type { Attributes } from '../graph.ts';
import type { Emitter, Sym } from '../symbol.ts';

export interface WindowAttributes {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** Two numbers: one for the height, one for the width. */
export type Pair = readonly [number, number];

export interface Window {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Height and width of what the window slides over, and of what comes out. */
  readonly input: Pair;
  readonly output: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Pads above and left; below and right. The latter may be negative: rows no window reaches. */
  readonly before: Pair;
  readonly after: Pair;
}

type Info = tf.backend_util.Conv2DInfo;
type Shape4D = [number, number, number, number];

function windowOf(info: Info): Window {
  const before: Pair = [info.padInfo.top, info.padInfo.left];
  const input: Pair = [info.inHeight, info.inWidth];
  const output: Pair = [info.outHeight, info.outWidth];
  const kernel: Pair = [info.filterHeight, info.filterWidth];
  const stride: Pair = [info.strideHeight, info.strideWidth];
  const dilation: Pair = [info.dilationHeight, info.dilationWidth];
  // Recomputed, since rounding modes leave TensorFlow.js's own bottom and right pads inexact.
  const after = pair((d) => stride[d] * (output[d] - 1) + dilation[d] * (kernel[d] - 1) + 1 - input[d] - before[d]);
  const { batchSize: batch, inChannels, outChannels } = info;
  return { batch, inChannels, outChannels, input, output, kernel, stride, dilation, before, after };
}

export const pair = (f: (dimension: 0 | 1) => number): Pair => [f(0), f(1)];

export function convolutionWindow(
  x: readonly number[],
  filter: readonly number[],
  { strides, pad, dilations, dimRoundingMode }: WindowAttributes,
  depthwise = false,
): Window {
  const shapes = [x as Shape4D, filter as Shape4D] as const;
  return windowOf(
    tf.backend_util.computeConv2DInfo(...shapes, strides, dilations ?? 1, pad, dimRoundingMode, depthwise),
  );
}

/**
 * Runs a lowering written for images [n, h, w, c] on images that are [n, c, h, w] in TensorFlow.js too. `shape` turns a shape
 * among the attributes the same way.
 */
export function channelsLast(
  e: Emitter,
  x: Sym,
  format: string | undefined,
  lower: (x: Sym, shape: (given: readonly number[]) => readonly number[]) => Sym,
): Sym {
  if (format !== 'NCHW') return lower(x, (given) => given);
  const back = (given: readonly number[]): number[] => [0, 2, 3, 1].map((i) => given[i]);
  return e.transposeSym(lower(e.transposeSym(x, [0, 2, 3, 1]), back), [0, 3, 1, 2]);
}

export interface PoolAttributes extends WindowAttributes {
  readonly filterSize: [number, number] | number;
}

export function poolWindow(x: readonly number[], attributes: PoolAttributes): Window {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  return windowOf(tf.backend_util.computePool2DInfo(x as Shape4D, filterSize, strides, 1, pad, dimRoundingMode));
}

/** The attributes of an ONNX node with this window. Pads must not be negative there: see `surplus`. */
export function onnxWindow(w: Pick<Window, 'kernel' | 'stride' | 'dilation' | 'before' | 'after'>): Attributes {
  return {
    kernel_shape: w.kernel,
    strides: w.stride,
    dilations: w.dilation,
    pads: [...w.before, ...pair((d) => Math.max(0, w.after[d]))],
  };
}

/** Whether every number of a pair is the given one. */
export const all = (p: Pair, value: number): boolean => p[0] === value && p[1] === value;
