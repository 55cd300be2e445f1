/**
 * Convolutions and their gradients by the input, on images stored [n, c, h, w].
 *
 * With stride 1 the gradient is a convolution with the filter flipped and its channels exchanged. With stride s it is s·s such
 * convolutions, one for each position of an input pixel between the strides, computed as one with s·s times the filters (a sub-pixel
 * convolution); a filter narrower than the stride would be mostly zeros there and takes ONNX's ConvTranspose.
 */
import { sizeOf } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { type Emitter, NCHW, type Sym } from '../symbol.ts';
import { activate } from './activation.ts';
import { kernel, type Lowerings } from './lowering.ts';
import { all, convolutionWindow, onnxWindow, pair, type Window, type WindowAttributes } from './window.ts';

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

/** The bias as a vector, if it is one number a channel. */
function vector(e: Emitter, bias: Sym | undefined, channels: number): Value | undefined {
  if (!bias || sizeOf(bias.shape) !== channels) return undefined;
  return e.reshape(e.full(bias), [channels]);
}

function convolve(e: Emitter, x: Sym, filter: Value, w: Window, group: number, bias?: Value): Value {
  const inputs = [e.fullIn(x, NCHW), filter, ...(bias ? [bias] : [])];
  const shape = [w.batch, w.outChannels, ...w.output];
  return e.node('Conv', inputs, 'float32', shape, { ...onnxWindow(w), group });
}

/** Adds what comes after a fused convolution: the bias, where the convolution could not take it, and the activation. */
export function finish(
  e: Emitter,
  { bias, preluActivationWeights }: Readonly<Record<string, Sym>>,
  { activation, leakyreluAlpha }: Fused,
  convolution: (bias: Value | undefined) => Value,
  channels: number,
): Sym {
  const row = vector(e, bias, channels);
  const y = image(e, convolution(row));
  const z = bias && !row ? e.elementwise([y, bias], (p, q) => e.binary('Add', p, q)) : y;
  return activate(e, z, activation, preluActivationWeights, leakyreluAlpha);
}

const forward = kernel<Fused>((inputs, attributes, e) => {
  const { x, filter } = inputs;
  const w = convolutionWindow(x.shape, filter.shape, attributes);
  const group = w.inChannels / filter.shape[2];
  const weights = filterOf(e, filter);
  return finish(e, inputs, attributes, (bias) => convolve(e, x, weights, w, group, bias), w.outChannels);
});

interface InputGradient extends WindowAttributes {
  readonly inputShape: readonly number[];
}

/** The filter turned by half a turn in its plane, in [in, out, h, w]: what the gradient is convolved with. */
function flipped(e: Emitter, filter: Sym): Value {
  return e.transpose(reverse(e, e.full(filter), [0, 1]), [2, 3, 0, 1]);
}

export function reverse(e: Emitter, x: Value, axes: readonly number[]): Value {
  const turned = axes.filter((a) => x.shape[a] > 1);
  const begin = x.shape.map((d, i) => (turned.includes(i) ? d - 1 : 0));
  const end = x.shape.map((d, i) => (turned.includes(i) ? -1 : d));
  return e.slice(
    x,
    begin,
    end,
    x.shape.map((_, i) => (turned.includes(i) ? -1 : 1)),
  );
}

function unitStride(e: Emitter, dy: Value, filter: Value, w: Window): Value {
  const before = pair((d) => w.kernel[d] - 1 - w.before[d]);
  const after = pair((d) => w.input[d] - w.output[d] + w.kernel[d] - 1 - before[d]);
  const attributes = { ...onnxWindow({ ...w, before, after }), group: 1 };
  return e.node('Conv', [dy, filter], 'float32', [w.batch, w.inChannels, ...w.input], attributes);
}

/** ONNX's ConvTranspose; the filter is [out, in/group, h, w]. */
export function transposed(e: Emitter, dy: Value, filter: Value, w: Window, group = 1): Value {
  const reach = pair((d) => w.stride[d] * (w.output[d] - 1) + w.kernel[d]);
  const excess = pair((d) => reach[d] - w.before[d] - w.input[d]);
  const attributes = {
    kernel_shape: w.kernel,
    strides: w.stride,
    pads: [...w.before, ...pair((d) => Math.max(0, excess[d]))],
    output_padding: pair((d) => Math.max(0, -excess[d])),
    group,
  };
  return e.node('ConvTranspose', [dy, filter], 'float32', [w.batch, w.inChannels, ...w.input], attributes);
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
  const window = {
    kernel: taps,
    stride: [1, 1] as const,
    dilation: [1, 1] as const,
    before: last,
    after: pair((d) => size[d] + taps[d] - 1 - last[d] - w.output[d]),
  };
  const wide = e.node('Conv', [dy, weights], 'float32', [batch, phases, ...size], { ...onnxWindow(window), group: 1 });
  const byPixel = e.reshape(e.transpose(wide, [0, 2, 3, 1]), [batch, ...size, s[0], s[1] * inChannels]);
  const laid = e.reshape(e.transpose(byPixel, [0, 1, 3, 2, 4]), [batch, size[0] * s[0], size[1] * s[1], inChannels]);
  return e.sym(e.slice(laid, [0, 0, 0, 0], [batch, ...w.input, inChannels]));
}

const inputGradient = kernel<InputGradient>(({ dy, filter }, attributes, e) => {
  const w = convolutionWindow(attributes.inputShape, filter.shape, { ...attributes, dilations: 1 });
  const value = e.fullIn(dy, NCHW);
  const grouped = w.inChannels !== filter.shape[2];
  const padsFit = w.before[0] < w.kernel[0] && w.before[1] < w.kernel[1];
  if (all(w.stride, 1) && padsFit && !grouped) return image(e, unitStride(e, value, flipped(e, filter), w));
  const covers = w.kernel[0] >= w.stride[0] && w.kernel[1] >= w.stride[1];
  const firstTapsFit = [0, 1].every((d) => (w.kernel[d] - 1 - w.before[d]) / w.stride[d] >= 0);
  if (covers && firstTapsFit && !grouped) return subPixel(e, value, filter, w);
  return image(e, transposed(e, value, filterOf(e, filter), w, w.inChannels / filter.shape[2]));
});

export const convolutions: Lowerings = {
  Conv2D: forward,
  FusedConv2D: forward,
  Conv2DBackpropInput: inputGradient,
};
