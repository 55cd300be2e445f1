/** Depthwise convolutions, one group a channel, and their gradients. Filters are [h, w, channels, multiplier]. */
import type { Value } from '../graph.ts';
import { type Emitter, NCHW, type Sym } from '../symbol.ts';
import { type Fused, finish, image, transposed, unitStride } from './convolution.ts';
import { kernel, type Lowerings } from './lowering.ts';
import { all, convolutionWindow, onnxWindow, pair, type WindowAttributes } from './window.ts';

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
    const shape = [w.batch, w.outChannels, ...w.output];
    return image(e, e.node('Conv', operands, 'float32', shape, { ...onnxWindow(w), group: w.inChannels }));
  };
  return finish(e, inputs, attributes, convolve, w.outChannels);
});

const inputGradient = kernel<WindowAttributes & { inputShape: readonly number[] }>(({ dy, filter }, attributes, e) => {
  const w = convolutionWindow(attributes.inputShape, filter.shape, attributes, true);
  const value = e.fullIn(dy, NCHW);
  const simple = all(w.stride, 1) && w.before.every((pad, d) => pad < w.kernel[d]);
  if (simple) return image(e, unitStride(e, value, filter, w, w.inChannels));
  return image(e, transposed(e, value, filters(e, filter), w, w.inChannels));
});

/** Each channel of each image is a group of its own; see convolution-gradients.ts for the exchange of parts. */
const filterGradient = kernel<WindowAttributes & { filterShape: readonly number[] }>(({ x, dy }, attributes, e) => {
  const w = convolutionWindow(x.shape, attributes.filterShape, attributes, true);
  const { batch, inChannels, outChannels, kernel: k, output, input, stride, before, after } = w;
  const size = pair((d) => input[d] + Math.min(0, after[d]));
  const cropped = e.slice(e.fullIn(x, NCHW), [0, 0, 0, 0], [batch, inChannels, ...size]);
  const images = e.reshape(cropped, [1, batch * inChannels, ...size]);
  const gradients = e.reshape(e.fullIn(dy, NCHW), [batch * outChannels, 1, ...output]);
  const window = onnxWindow({ kernel: output, stride: [1, 1], dilation: stride, before, after });
  const shape = [1, batch * outChannels, ...k];
  const perGroup = e.node('Conv', [images, gradients], 'float32', shape, { ...window, group: batch * inChannels });
  const flat = e.reshape(perGroup, [batch, outChannels * k[0] * k[1]]);
  const sum = e.reshape(e.reduce('ReduceSum', flat, [0], false), [outChannels, k[0] * k[1]]);
  return e.sym(e.reshape(e.transpose(sum, [1, 0]), attributes.filterShape));
});

export const depthwise: Lowerings = {
  DepthwiseConv2dNative: forward,
  FusedDepthwiseConv2D: forward,
  DepthwiseConv2dNativeBackpropInput: inputGradient,
  DepthwiseConv2dNativeBackpropFilter: filterGradient,
};
