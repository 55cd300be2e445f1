/** Depthwise convolutions, one group a channel, and their gradients. Filters are [h, w, channels, multiplier]. */
import type { Value } from '../graph.ts';
import { type Emitter, NCHW, type Sym } from '../symbol.ts';
import { scaled, withoutFactor } from './channel-factor.ts';
import { convolved, type Fused, finish, image, transposed, unitStride } from './convolution.ts';
import { kernel, type Lowerings } from './lowering.ts';
import { all, convolutionWindow, onnxWindow, pair, type Window, type WindowAttributes } from './window.ts';

/** The filter as ONNX wants it: [channels · multiplier, 1, h, w]. */
function filters(e: Emitter, filter: Sym): Value {
  const [h, w, channels, multiplier] = filter.shape;
  return e.reshape(e.fullIn(filter, [2, 3, 0, 1]), [channels * multiplier, 1, h, w]);
}

const forward = kernel<Fused>((inputs, attributes, e) => {
  const { x, filter } = inputs;
  const w = convolutionWindow(x.shape, filter.shape, attributes, true);
  const convolve = (bias?: Value): Sym => {
    const operands = [e.fullIn(x, NCHW), filters(e, filter), ...(bias ? [bias] : [])];
    return image(e, convolved(e, operands, w, w.inChannels));
  };
  return finish(e, inputs, attributes, convolve, w.outChannels);
});

const inputGradient = kernel<WindowAttributes & { inputShape: readonly number[] }>(
  ({ dy, filter: given }, attributes, e) => {
    const w = convolutionWindow(attributes.inputShape, given.shape, attributes, true);
    const { rest, factor } = withoutFactor(e, dy, given);
    const value = e.fullIn(rest, NCHW);
    const filter = scaled(e, given, factor, true);
    const simple = all(w.stride, 1) && w.kernel.every((k, d) => w.before[d] < k && w.after[d] < k);
    if (simple) return image(e, unitStride(e, value, filter, w, w.inChannels));
    return image(e, transposed(e, value, filters(e, filter), w, w.inChannels));
  },
);

/** Each channel of each image is a group of its own; see convolution-gradients.ts for the exchange of parts. */
export function depthwiseFilterGradient(e: Emitter, x: Sym, dy: Sym, w: Window): Sym {
  const { batch, inChannels, outChannels, kernel: k, output, input, stride, before, after } = w;
  const size = pair((d) => input[d] + Math.min(0, after[d]));
  const cropped = e.slice(e.fullIn(x, NCHW), [0, 0, 0, 0], [batch, inChannels, ...size]);
  const images = e.reshape(cropped, [1, batch * inChannels, ...size]);
  const gradients = e.reshape(e.fullIn(dy, NCHW), [batch * outChannels, 1, ...output]);
  const window = onnxWindow({ kernel: output, stride: [1, 1], dilation: stride, before, after });
  const shape = [1, batch * outChannels, ...k];
  const perGroup = e.node('Conv', [images, gradients], 'float32', shape, { ...window, group: batch * inChannels });
  const perImage = e.reshape(perGroup, [batch, outChannels, ...k]);
  const sum = e.reduce('ReduceSum', perImage, [0], true);
  return e.sym(e.reshape(e.transpose(sum, [0, 2, 3, 1]), [...k, inChannels, outChannels / inChannels]));
}

const filterGradient = kernel<WindowAttributes & { filterShape: readonly number[] }>(({ x, dy }, attributes, e) => {
  const w = convolutionWindow(x.shape, attributes.filterShape, attributes, true);
  const { rest, factor } = withoutFactor(e, dy, { shape: attributes.filterShape });
  return scaled(e, depthwiseFilterGradient(e, x, rest, w), factor, true);
});

export const depthwise: Lowerings = {
  DepthwiseConv2dNative: forward,
  FusedDepthwiseConv2D: forward,
  DepthwiseConv2dNativeBackpropInput: inputGradient,
  DepthwiseConv2dNativeBackpropFilter: filterGradient,
};
