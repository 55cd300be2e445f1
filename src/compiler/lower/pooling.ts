/**
 * Pools and their gradients, on images stored [n, c, h, w].
 *
 * The gradient of a maximum goes to the first of equal elements, in the order of the window's rows, as in TensorFlow.js. Comparisons
 * are written `step(a − b)`, see step.ts.
 */
import { allocate } from '../dtype.ts';
import type { Value } from '../graph.ts';
import { type Emitter, NCHW } from '../symbol.ts';
import { image } from './convolution.ts';
import { kernel, type Lowerings } from './lowering.ts';
import { repeatPixels } from './repeat-pixels.ts';
import { step } from './step.ts';
import { all, onnxWindow, type PoolAttributes, pair, poolWindow, type Window } from './window.ts';

const shapeOf = (w: Window): number[] => [w.batch, w.inChannels, ...w.output];

const maximum = (e: Emitter, x: Value, w: Window): Value =>
  e.node('MaxPool', [x], 'float32', shapeOf(w), onnxWindow(w));

/** The elements of all windows, one value a window position, each [n, c, oh, ow]. */
function positions(e: Emitter, x: Value, w: Window): Value[] {
  const after = pair((d) => Math.max(0, w.after[d]));
  const wide = e.pad(x, [0, 0, ...w.before], [0, 0, ...after], Number.NEGATIVE_INFINITY);
  return Array.from({ length: w.kernel[0] * w.kernel[1] }, (_, i) => {
    const tap = [Math.floor(i / w.kernel[1]), i % w.kernel[1]];
    const end = pair((d) => tap[d] + w.stride[d] * (w.output[d] - 1) + 1);
    return e.slice(wide, [0, 0, ...tap], [w.batch, w.inChannels, ...end], [1, 1, ...w.stride]);
  });
}

/** Adds to every pixel what the windows hold for it: `parts[i]` belongs to position i of the window. */
function scatter(e: Emitter, parts: readonly Value[], w: Window): Value {
  const { batch, inChannels: c, kernel: k, stride, before, input, output } = w;
  const taps = k[0] * k[1];
  const columns = parts.map((part) => e.reshape(part, [batch, c, 1, ...output]));
  const stacked = e.reshape(e.concat(columns, 2), [batch, c * taps, ...output]);
  const oneHot = allocate('float32', c * taps * taps) as Float32Array;
  for (let i = 0; i < c * taps; i++) oneHot[i * taps + (i % taps)] = 1;
  const excess = pair((d) => stride[d] * (output[d] - 1) + k[d] - before[d] - input[d]);
  const attributes = {
    kernel_shape: k,
    strides: stride,
    pads: [...before, ...pair((d) => Math.max(0, excess[d]))],
    output_padding: pair((d) => Math.max(0, -excess[d])),
    group: c,
  };
  const filter = e.constant(oneHot, [c * taps, 1, ...k], 'float32');
  return e.node('ConvTranspose', [stacked, filter], 'float32', [batch, c, ...input], attributes);
}

/** Whether the windows tile the image without gaps, overlaps or pads. */
const tiles = (w: Window): boolean =>
  w.kernel.every((k, d) => k === w.stride[d] && k * w.output[d] === w.input[d]) && all(w.before, 0);

function maxGradient(e: Emitter, dy: Value, x: Value, y: Value, w: Window): Value {
  // Written out by rewrite/blocked.ts, in the layout the image is in by then.
  if (tiles(w))
    return e.node('TiledMaxGradient', [dy, x, y], 'float32', x.shape, { kernel_shape: w.kernel }, 'unequal');
  let left: Value = e.scalar(1);
  const parts = positions(e, x, w).map((element) => {
    const first = e.binary('Mul', step(e, e.binary('Sub', element, y), 1), left);
    left = e.binary('Sub', left, first);
    return e.binary('Mul', dy, first);
  });
  return scatter(e, parts, w);
}

const maxPool = kernel<PoolAttributes>(({ x }, attributes, e) =>
  image(e, maximum(e, e.fullIn(x, NCHW), poolWindow(x.shape, attributes))),
);

const maxPoolGradient = kernel<PoolAttributes>(({ dy, input, output }, attributes, e) => {
  const [g, x, y] = [dy, input, output].map((s) => e.fullIn(s, NCHW));
  return image(e, maxGradient(e, g, x, y, poolWindow(input.shape, attributes)));
});

/** Pads do not count: an average is over the pixels of the image. */
const averagePool = kernel<PoolAttributes>(({ x }, attributes, e) => {
  const w = poolWindow(x.shape, attributes);
  const { dilations: _, ...window } = onnxWindow(w);
  return image(
    e,
    e.node('AveragePool', [e.fullIn(x, NCHW)], 'float32', shapeOf(w), { ...window, count_include_pad: 0 }),
  );
});

/** TensorFlow.js divides by the size of the window, at the border too. */
const averagePoolGradient = kernel<PoolAttributes>(({ dy, input }, attributes, e) => {
  const w = poolWindow(input.shape, attributes);
  const { kernel: k } = w;
  const share = e.binary('Mul', e.fullIn(dy, NCHW), e.scalar(1 / (k[0] * k[1])));
  if (!tiles(w)) return image(e, scatter(e, Array(k[0] * k[1]).fill(share), w));
  return image(e, repeatPixels(e, share, k));
});

export const poolings: Lowerings = {
  MaxPool: maxPool,
  MaxPoolGrad: maxPoolGradient,
  AvgPool: averagePool,
  AvgPoolGrad: averagePoolGradient,
};
