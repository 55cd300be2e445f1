import * as tf from '@tensorflow/tfjs';
import { floatsOf, type WasmKernel, zeros } from './backend.ts';

type Convolution = tf.backend_util.Conv2DInfo;

/**
 * Calls `visit` for every pair of an output pixel and a filter tap whose input pixel lies in the image, with the offsets,
 * in floats, of the input pixel, the tap and the output pixel.
 */
function eachTap(g: Convolution, visit: (input: number, tap: number, output: number) => void): void {
  for (let n = 0; n < g.batchSize; n++) {
    for (let y = 0; y < g.outHeight; y++) {
      for (let i = 0; i < g.filterHeight; i++) {
        const row = y * g.strideHeight - g.padInfo.top + i * g.dilationHeight;
        if (row < 0 || row >= g.inHeight) continue;
        for (let x = 0; x < g.outWidth; x++) {
          const output = ((n * g.outHeight + y) * g.outWidth + x) * g.outChannels;
          for (let j = 0; j < g.filterWidth; j++) {
            const column = x * g.strideWidth - g.padInfo.left + j * g.dilationWidth;
            if (column < 0 || column >= g.inWidth) continue;
            const input = ((n * g.inHeight + row) * g.inWidth + column) * g.inChannels;
            visit(input, (i * g.filterWidth + j) * g.outChannels, output);
          }
        }
      }
    }
  }
}

/** Gradient of a depthwise convolution with respect to its filter, whose output channels are (c, multiplier). */
export const depthwiseBackpropFilter: WasmKernel = ({ inputs, attrs, backend }) => {
  const g = convolution(attrs, inputs.x!.shape, attrs.filterShape);
  const out = zeros(backend, g.filterShape);
  const x = floatsOf(backend, inputs.x!);
  const dy = floatsOf(backend, inputs.dy!);
  const multiplier = g.outChannels / g.inChannels;
  // Float64, as the sums run over every pixel of the batch.
  const dw = new Float64Array(tf.util.sizeFromShape(g.filterShape));
  eachTap(g, (input, tap, output) => {
    for (let c = 0, d = 0; c < g.inChannels; c++) {
      for (let q = 0; q < multiplier; q++, d++) dw[tap + d] += x[input + c] * dy[output + d];
    }
  });
  floatsOf(backend, out).set(dw);
  return out;
};

/** Gradient of a depthwise convolution with respect to its input. */
export const depthwiseBackpropInput: WasmKernel = ({ inputs, attrs, backend }) => {
  const g = convolution(attrs, attrs.inputShape, inputs.filter!.shape);
  const out = zeros(backend, g.inShape);
  const w = floatsOf(backend, inputs.filter!);
  const dy = floatsOf(backend, inputs.dy!);
  const dx = floatsOf(backend, out);
  const multiplier = g.outChannels / g.inChannels;
  eachTap(g, (input, tap, output) => {
    for (let c = 0, d = 0; c < g.inChannels; c++) {
      for (let q = 0; q < multiplier; q++, d++) dx[input + c] += w[tap + d] * dy[output + d];
    }
  });
  return out;
};

// biome-ignore lint/suspicious/noExplicitAny: the attributes of two kernels.
function convolution(attrs: any, inputShape: number[], filterShape: number[]): Convolution {
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  const shape = inputShape as [number, number, number, number];
  const filter = filterShape as [number, number, number, number];
  return tf.backend_util.computeConv2DInfo(shape, filter, strides, dilations, pad, dimRoundingMode, true);
}
