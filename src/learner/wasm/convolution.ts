import * as tf from '@tensorflow/tfjs';
import { addressOf, floatsAt, floatsOf, type WasmBackend, type WasmKernel, withScratch, zeros } from './backend.ts';
import { delegateToCpu } from './delegate.ts';
import { gemmOn } from './gemm.ts';

/** A convolution, and the smallest image that all of its windows lie in: the input, padded and cropped. */
interface Geometry extends tf.backend_util.Conv2DInfo {
  readonly windowHeight: number;
  readonly windowWidth: number;
}

// biome-ignore lint/suspicious/noExplicitAny: the attributes of two kernels.
function geometryOf(attrs: any, inputShape: number[], filterShape: number[]): Geometry {
  const { strides, pad, dimRoundingMode } = attrs;
  const shape = inputShape as [number, number, number, number];
  const filter = filterShape as [number, number, number, number];
  const info = tf.backend_util.computeConv2DInfo(shape, filter, strides, 1, pad, dimRoundingMode);
  return {
    ...info,
    windowHeight: (info.outHeight - 1) * info.strideHeight + info.filterHeight,
    windowWidth: (info.outWidth - 1) * info.strideWidth + info.filterWidth,
  };
}

/** Calls `copy` with where each row of an image starts, in floats, in the image and in its padded copy, and its length. */
function eachRow(g: Geometry, copy: (image: number, padded: number, length: number) => void): void {
  const { top, left } = g.padInfo;
  const length = Math.min(g.inWidth, g.windowWidth - left) * g.inChannels;
  const rows = Math.min(g.inHeight, g.windowHeight - top);
  if (length <= 0) return;
  for (let y = 0; y < rows; y++) {
    copy(y * g.inWidth * g.inChannels, ((y + top) * g.windowWidth + left) * g.inChannels, length);
  }
}

/**
 * Gradient of a convolution with respect to its filter,
 *
 *     dW[i, j, c, d] = Σ_{n,y,x} X[n, sy + i, sx + j, c] · dY[n, y, x, d]
 *
 * with X padded. For one image and one filter row i it is one matrix product, over the pixels (y, x): the filter's
 * columns and the input channels are adjacent in memory, so that (j, c) is a single dimension of X's windows.
 */
export const conv2DBackpropFilter: WasmKernel = (args) => {
  const { inputs, attrs, backend } = args;
  if (attrs.dataFormat !== 'NHWC') return delegateToCpu('Conv2DBackpropFilter')(args);
  const x = inputs.x!;
  const dy = inputs.dy!;
  const g = geometryOf(attrs, x.shape, attrs.filterShape);
  const dw = zeros(backend, g.filterShape);
  const gemm = gemmOn(backend);
  const pixel = 4 * g.inChannels;
  const windowRow = g.windowWidth * pixel;
  const rowOfTaps = g.filterWidth * g.inChannels;
  const padded = g.windowHeight * g.windowWidth * g.inChannels;
  withScratch(backend, 4 * padded, (scratch) => {
    const image = floatsAt(backend, scratch, padded).fill(0);
    const all = floatsOf(backend, x);
    const size = g.inHeight * g.inWidth * g.inChannels;
    for (let n = 0; n < g.batchSize; n++) {
      eachRow(g, (from, to, length) => image.set(all.subarray(n * size + from, n * size + from + length), to));
      for (let i = 0; i < g.filterHeight; i++) {
        gemm.multiplyWindow(
          ...([rowOfTaps, g.outChannels, g.outWidth] as const),
          { address: scratch + i * windowRow, row: 4, column: g.strideWidth * pixel, jump: g.strideHeight * windowRow },
          {
            address: addressOf(backend, dy) + 4 * n * g.outHeight * g.outWidth * g.outChannels,
            row: 4 * g.outChannels,
          },
          { address: addressOf(backend, dw) + 4 * i * rowOfTaps * g.outChannels, row: 4 * g.outChannels },
          g.outHeight,
        );
      }
    }
  });
  return dw;
};

/**
 * Gradient of a convolution with respect to its input. With stride 1 it is the convolution of dY with the filter
 * flipped in space and transposed in its channels, which XNNPACK does well; with larger strides the products of each
 * row of dY with the filter are added into the padded input.
 */
export const conv2DBackpropInput: WasmKernel = (args) => {
  const { inputs, attrs, backend } = args;
  if (attrs.dataFormat !== 'NHWC') return delegateToCpu('Conv2DBackpropInput')(args);
  const dy = inputs.dy!;
  const filter = inputs.filter!;
  const g = geometryOf(attrs, attrs.inputShape, filter.shape);
  const top = g.filterHeight - 1 - g.padInfo.top;
  const left = g.filterWidth - 1 - g.padInfo.left;
  const dense = g.strideHeight === 1 && g.strideWidth === 1 && top >= 0 && left >= 0;
  return dense ? flippedConvolution(backend, dy, filter, g, top, left) : scatteredProducts(backend, dy, filter, g);
};

function flippedConvolution(
  backend: WasmBackend,
  dy: tf.TensorInfo,
  filter: tf.TensorInfo,
  g: Geometry,
  top: number,
  left: number,
): tf.TensorInfo {
  const swapped = run('Transpose', backend, { x: filter }, { perm: [0, 1, 3, 2] });
  const flipped = run('Reverse', backend, { x: swapped }, { dims: [0, 1] });
  const bottom = g.inHeight - g.outHeight + g.filterHeight - 1 - top;
  const right = g.inWidth - g.outWidth + g.filterWidth - 1 - left;
  const pad = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  const attrs = { strides: [1, 1], dilations: [1, 1], pad, dataFormat: 'NHWC', dimRoundingMode: undefined };
  const dx = run('Conv2D', backend, { x: dy, filter: flipped }, attrs);
  backend.disposeData(swapped.dataId);
  backend.disposeData(flipped.dataId);
  return dx;
}

/** dX[n, sy + i, sx + j, c] += Σ_d dY[n, y, x, d] · W[i, j, c, d]; as above (j, c) is one dimension. */
function scatteredProducts(backend: WasmBackend, dy: tf.TensorInfo, filter: tf.TensorInfo, g: Geometry): tf.TensorInfo {
  const byOutput = run('Transpose', backend, { x: filter }, { perm: [0, 3, 1, 2] });
  const dx = zeros(backend, g.inShape);
  const gemm = gemmOn(backend);
  const pixel = 4 * g.inChannels;
  const rowOfTaps = g.filterWidth * g.inChannels;
  const padded = g.windowHeight * g.windowWidth * g.inChannels;
  withScratch(backend, 4 * padded, (scratch) => {
    const image = floatsAt(backend, scratch, padded);
    const all = floatsOf(backend, dx);
    const size = g.inHeight * g.inWidth * g.inChannels;
    for (let n = 0; n < g.batchSize; n++) {
      image.fill(0);
      for (let i = 0; i < g.filterHeight; i++) {
        for (let y = 0; y < g.outHeight; y++) {
          gemm.multiply(
            ...([g.outWidth, rowOfTaps, g.outChannels] as const),
            {
              address: addressOf(backend, dy) + 4 * (n * g.outHeight + y) * g.outWidth * g.outChannels,
              row: 4 * g.outChannels,
              column: 4,
            },
            { address: addressOf(backend, byOutput) + 4 * i * g.outChannels * rowOfTaps, row: 4 * rowOfTaps },
            {
              address: scratch + (y * g.strideHeight + i) * g.windowWidth * pixel,
              row: g.strideWidth * pixel,
            },
          );
        }
      }
      eachRow(g, (to, from, length) => all.set(image.subarray(from, from + length), n * size + to));
    }
  });
  backend.disposeData(byOutput.dataId);
  return dx;
}

/** Runs another kernel of the backend. */
function run(name: string, backend: WasmBackend, inputs: tf.NamedTensorInfoMap, attrs: object): tf.TensorInfo {
  const { kernelFunc } = tf.getKernel(name, 'wasm');
  return kernelFunc({ inputs, backend, attrs: attrs as tf.NamedAttrMap }) as tf.TensorInfo;
}
