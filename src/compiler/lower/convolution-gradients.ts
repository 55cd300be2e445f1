/**
 * Gradients of convolutions by the filter.
 *
 * `∂filter[t] = Σ_{n,o} x[n, s·o + t − pad] · dy[n, o]` is a convolution with the parts exchanged: dy is the filter, as large as an image,
 * dilated by the stride, and what comes out is as large as the filter was. With x stored [n, h, w·c] the taps and channels of one
 * filter row lie next to each other, so that ONNX Runtime's patches are copied in long runs and never leave the cache. Images are
 * the groups: each group makes the gradient of a few images, summed at the end.
 */
import type { Value } from '../graph.ts';
import { type Emitter, NCHW, type Sym } from '../symbol.ts';
import { scaled, withoutFactor } from './channel-factor.ts';
import { kernel, type Lowerings } from './lowering.ts';
import { all, convolutionWindow, pair, type Window, type WindowAttributes } from './window.ts';

interface FilterGradient extends WindowAttributes {
  readonly filterShape: readonly number[];
}

/** Products at least this long are summed within one group; shorter ones do not fill the matrix kernels of ONNX Runtime. */
const LONG = 256;

/** How many images make a group: a divisor of the batch. */
export function imagesPerGroup(batch: number, positions: number): number {
  let images = 1;
  while (images * positions < LONG && batch % (images * 2) === 0) images *= 2;
  return images;
}

/** x in TensorFlow.js's order without the rows and columns no window reaches. */
function reached(e: Emitter, x: Sym, w: Window): { value: Value; size: readonly [number, number] } {
  const size = pair((d) => w.input[d] + Math.min(0, w.after[d]));
  return { value: e.slice(e.full(x), [0, 0, 0, 0], [w.batch, ...size, w.inChannels]), size };
}

/** A product per image and their sum, or one for the whole batch where images are small. */
function pointwise(e: Emitter, x: Sym, dy: Sym, w: Window): Sym {
  const positions = w.output[0] * w.output[1];
  if (w.batch > 1 && positions < LONG) {
    const [images, gradients] = [x, dy].map((s) => e.reshape(e.full(s), [w.batch * positions, s.shape[3]]));
    return e.sym(e.reshape(e.matmul(images, gradients, true), [1, 1, w.inChannels, w.outChannels]));
  }
  const images = e.reshape(e.fullIn(x, NCHW), [w.batch, w.inChannels, positions]);
  const gradients = e.reshape(e.fullIn(dy, NCHW), [w.batch, w.outChannels, positions]);
  const perImage = e.matmul(images, gradients, false, true);
  return e.sym(e.reshape(e.reduce('ReduceSum', perImage, [0], false), [1, 1, w.inChannels, w.outChannels]));
}

function exchanged(e: Emitter, x: Sym, dy: Sym, w: Window): Sym {
  const { batch, inChannels, outChannels, output, kernel: k, stride, before, after } = w;
  const images = imagesPerGroup(batch, output[0] * output[1]);
  const groups = batch / images;
  const { value, size } = reached(e, x, w);
  const input = e.reshape(value, [1, batch, size[0], size[1] * inChannels]);

  const perImage = e.fullIn(dy, NCHW);
  const grouped = e.reshape(perImage, [groups, images, outChannels, output[0] * output[1]]);
  const filters = e.reshape(e.transpose(grouped, [0, 2, 1, 3]), [groups * outChannels, images, ...output]);

  // ONNX Runtime is slow where more filters than positions come out: a few more columns, dropped below, avoid it.
  const row = k[1] * inChannels;
  const extra = Math.max(0, Math.ceil(outChannels / k[0]) - row);
  const attributes = {
    kernel_shape: output,
    dilations: [stride[0], stride[1] * inChannels],
    pads: [before[0], before[1] * inChannels, Math.max(0, after[0]), Math.max(0, after[1]) * inChannels + extra],
    group: groups,
  };
  const perGroup = e.node(
    'Conv',
    [input, filters],
    'float32',
    [1, groups * outChannels, k[0], row + extra],
    attributes,
  );
  const flat = e.reshape(perGroup, [groups, outChannels * k[0] * (row + extra)]);
  const sum = e.reshape(e.reduce('ReduceSum', flat, [0], false), [outChannels, k[0], row + extra]);
  const gradient = e.reshape(e.slice(sum, [0, 0, 0], [outChannels, k[0], row]), [outChannels, k[0] * row]);
  return e.sym(e.reshape(e.transpose(gradient, [1, 0]), [...k, inChannels, outChannels]));
}

/** The gradient by the filter [h, w, in, out]. */
export function filterGradientOf(e: Emitter, x: Sym, dy: Sym, w: Window): Sym {
  const plain = all(w.kernel, 1) && all(w.stride, 1) && all(w.before, 0) && all(w.after, 0);
  return plain ? pointwise(e, x, dy, w) : exchanged(e, x, dy, w);
}

const filterGradient = kernel<FilterGradient>(({ x, dy }, attributes, e) => {
  const last = (s: Sym): Sym => (attributes.dataFormat === 'NCHW' ? e.transposeSym(s, [0, 2, 3, 1]) : s);
  const image = last(x);
  const { rest, factor } = withoutFactor(e, last(dy), { shape: attributes.filterShape });
  const w = convolutionWindow(image.shape, attributes.filterShape, { ...attributes, dilations: 1 });
  return scaled(e, filterGradientOf(e, image, rest, w), factor);
});

export const convolutionGradients: Lowerings = { Conv2DBackpropFilter: filterGradient };
