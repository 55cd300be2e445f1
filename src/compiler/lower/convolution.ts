/**
 * Convolutions and their gradients by the input, on images stored [n, c, h, w].
 *
 * With stride 1 the gradient is a convolution with the filter flipped and its channels exchanged. With stride s it is s·s such
 * convolutions, one for each position of an input pixel between the strides, computed as one with s·s times the filters (a sub-pixel
 * convolution); a filter narrower than the stride would be mostly zeros there and takes ONNX's ConvTranspose.
 */

import type { Builder } from '../builder.ts';
import { sizeOf } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { type Emitter, NCHW, type Sym } from '../symbol.ts';
import { activate } from './activation.ts';
import { scaled, withoutFactor } from './channel-factor.ts';
import { kernel, type Lowerings } from './lowering.ts';
import {
  all,
  channelsLast,
  convolutionWindow,
  onnxWindow,
  pair,
  type Window,
  type WindowAttributes,
} from './window.ts';

export interface Fused extends WindowAttributes {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

/** A filter [h, w, in, out] as ONNX wants it, [out, in, h, w]. */
const filterOf = (e: Emitter, filter: Sym): Value => e.fullIn(filter, [3, 2, 0, 1]);

/** An image symbol from a value stored [n, c, h, w]. */
export function image(e: Emitter, value: Value): Sym {
  const [n, c, h, w] = value.shape;
  return e.sym(value, [n, h, w, c], NCHW);
}

/**
 * Adds what a fused convolution adds: the bias, within the convolution where it is one number a channel, and the activation.
 */
export function finish(
  e: Emitter,
  { bias, preluActivationWeights }: Readonly<Record<string, Sym>>,
  { activation, leakyreluAlpha }: Fused,
  convolve: (bias: Value | undefined) => Sym,
  channels: number,
): Sym {
  const row = bias && sizeOf(bias.shape) === channels ? e.reshape(e.full(bias), [channels]) : undefined;
  const y = convolve(row);
  const z = bias && !row ? e.elementwise([y, bias], (p, q) => e.binary('Add', p, q)) : y;
  return activate(e, z, activation, preluActivationWeights, leakyreluAlpha);
}

const forward = kernel<Fused>((inputs, attributes, e) => {
  const { filter } = inputs;
  const convolve = (bias?: Value): Sym =>
    channelsLast(e, inputs.x, attributes.dataFormat, (x) => {
      const w = convolutionWindow(x.shape, filter.shape, attributes);
      const operands = [e.fullIn(x, NCHW), filterOf(e, filter), ...(bias ? [bias] : [])];
      return image(e, convolved(e, operands, w, w.inChannels / filter.shape[2]));
    });
  return finish(e, inputs, attributes, convolve, filter.shape[3]);
});

/** The convolution of [image, filter, bias?]. Where TensorFlow.js ends before the last window that fits, ONNX goes on. */
export function convolved(e: Emitter, operands: Value[], w: Window, group: number): Value {
  const fits = pair((d) => w.output[d] + Math.floor(Math.max(0, -w.after[d]) / w.stride[d]));
  const shape = [w.batch, w.outChannels];
  const value = e.node('Conv', operands, 'float32', [...shape, ...fits], { ...onnxWindow(w), group });
  return e.slice(value, [0, 0, 0, 0], [...shape, ...w.output]);
}

interface InputGradient extends WindowAttributes {
  readonly inputShape: readonly number[];
}

export function reverse(e: Builder, x: Value, axes: readonly number[]): Value {
  const turned = x.shape.map((d, i) => d > 1 && axes.includes(i));
  return e.slice(
    x,
    x.shape.map((d, i) => (turned[i] ? d - 1 : 0)),
    x.shape.map((d, i) => (turned[i] ? -1 : d)),
    turned.map((t) => (t ? -1 : 1)),
  );
}

/** The gradient with stride 1: pads on the other side of the filter, which is turned by half a turn. */
export function unitStride(e: Emitter, dy: Value, filter: Sym, w: Window, group: number): Value {
  const turned = e.transpose(reverse(e, e.full(filter), [0, 1]), [2, 3, 0, 1]);
  const before = pair((d) => w.kernel[d] - 1 - w.before[d]);
  const after = pair((d) => w.input[d] - w.output[d] + w.kernel[d] - 1 - before[d]);
  const attributes = { ...onnxWindow({ ...w, before, after }), group };
  return e.node('Conv', [dy, turned], 'float32', [w.batch, w.inChannels, ...w.input], attributes);
}

/**
 * ONNX's ConvTranspose; the filter is [out, in/group, h, w]. It pads what comes out by less than the stride; of the rows that no window
 * reaches, there are more where TensorFlow.js takes the height of a kernel that is not square for both of its sides.
 */
export function transposed(e: Emitter, dy: Value, filter: Value, w: Window, group: number): Value {
  const unreached = pair((d) => Math.max(0, -w.after[d]));
  const padding = pair((d) => Math.min(w.stride[d] - 1, unreached[d]));
  const rest = pair((d) => unreached[d] - padding[d]);
  const size = pair((d) => w.input[d] - rest[d]);
  const shape = [w.batch, w.inChannels];
  if (size.some((d) => d <= 0)) return e.filled(0, [...shape, ...w.input], 'float32');
  const attributes = {
    kernel_shape: w.kernel,
    strides: w.stride,
    pads: [...w.before, ...pair((d) => Math.max(0, w.after[d]))],
    output_padding: padding,
    group,
  };
  const reached = e.node('ConvTranspose', [dy, filter], 'float32', [...shape, ...size], attributes);
  return all(rest, 0) ? reached : e.pad(reached, [0, 0, 0, 0], [0, 0, ...rest]);
}

/**
 * Input pixel s·q + r takes `Σ_j dy[q − j] · filter[s·j + r + pad]`: for each r a convolution of dy with every s-th row of the filter.
 * All r together are one convolution, whose channels are then laid between each other.
 */
function subPixel(e: Emitter, dy: Value, filter: Sym, w: Window): Sym {
  const { stride: s, before: pad, kernel: k, batch, inChannels } = w;
  const first = pair((d) => Math.ceil((1 - s[d] - pad[d]) / s[d]));
  const last = pair((d) => Math.floor((k[d] - 1 - pad[d]) / s[d]));
  const taps = pair((d) => last[d] - first[d] + 1);
  const missing = pair((d) => -(s[d] * first[d] + pad[d]));
  const rest = pair((d) => s[d] * taps[d] - missing[d] - k[d]);
  const padded = e.pad(e.full(filter), [...missing, 0, 0], [...rest, 0, 0]);
  const rows = e.reshape(padded, [taps[0], s[0], taps[1], s[1], inChannels, w.outChannels]);
  const phases = s[0] * s[1] * inChannels;
  const stacked = e.transpose(reverse(e, rows, [0, 2]), [1, 3, 4, 5, 0, 2]);
  const weights = e.reshape(stacked, [phases, w.outChannels, ...taps]);

  const size = pair((d) => Math.ceil(w.input[d] / s[d]));
  const after = pair((d) => size[d] + taps[d] - 1 - last[d] - w.output[d]);
  const attributes = { kernel_shape: taps, pads: [...last, ...after], strides: [1, 1], dilations: [1, 1], group: 1 };
  const wide = e.node('Conv', [dy, weights], 'float32', [batch, phases, ...size], attributes);
  const byPixel = e.reshape(e.transpose(wide, [0, 2, 3, 1]), [batch, ...size, s[0], s[1] * inChannels]);
  const laid = e.reshape(e.transpose(byPixel, [0, 1, 3, 2, 4]), [batch, size[0] * s[0], size[1] * s[1], inChannels]);
  return e.sym(e.slice(laid, [0, 0, 0, 0], [batch, ...w.input, inChannels]));
}

const inputGradient = kernel<InputGradient>(({ dy, filter: given }, attributes, e) =>
  channelsLast(e, dy, attributes.dataFormat, (gradient, shape) => {
    const w = convolutionWindow(shape(attributes.inputShape), given.shape, { ...attributes, dilations: 1 });
    const { rest, factor } = withoutFactor(e, gradient, given);
    const value = e.fullIn(rest, NCHW);
    const filter = scaled(e, given, factor);
    const group = w.inChannels / filter.shape[2];
    const padsFit = w.kernel.every((k, d) => w.before[d] < k && w.after[d] < k);
    if (group === 1 && padsFit) {
      if (all(w.stride, 1)) return image(e, unitStride(e, value, filter, w, 1));
      if (w.kernel.every((k, d) => k >= w.stride[d])) return subPixel(e, value, filter, w);
    }
    return image(e, transposed(e, value, filterOf(e, filter), w, group));
  }),
);

export const convolutions: Lowerings = {
  Conv2D: forward,
  FusedConv2D: forward,
  Conv2DBackpropInput: inputGradient,
};
