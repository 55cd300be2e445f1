import * as tf from '@tensorflow/tfjs';
import { floatsOf, type WasmKernel, zeros } from './backend.ts';

type PoolInfo = tf.backend_util.Conv2DInfo;

/**
 * Calls `visit` for each window of each image with the offsets, in floats, of its output pixel and of its first input
 * pixel inside the image, and with the number of rows and columns of it that lie inside.
 */
function eachWindow(g: PoolInfo, visit: (output: number, input: number, rows: number, columns: number) => void): void {
  const { inHeight, inWidth, inChannels } = g;
  let output = 0;
  for (let n = 0; n < g.batchSize; n++) {
    for (let y = 0; y < g.outHeight; y++) {
      const corner = y * g.strideHeight - g.padInfo.top;
      const top = Math.max(0, corner);
      const rows = Math.min(inHeight, corner + g.filterHeight) - top;
      for (let x = 0; x < g.outWidth; x++, output += inChannels) {
        const side = x * g.strideWidth - g.padInfo.left;
        const left = Math.max(0, side);
        const columns = Math.min(inWidth, side + g.filterWidth) - left;
        visit(output, ((n * inHeight + top) * inWidth + left) * inChannels, rows, columns);
      }
    }
  }
}

/**
 * Gradient of max pooling: the gradient of each output goes to the first maximum of its window in row order, as on the
 * `cpu` backend.
 */
export const maxPoolGrad: WasmKernel = ({ inputs, attrs, backend }) => {
  const input = inputs.input!;
  const g = poolInfo(input, attrs, attrs.dimRoundingMode);
  const out = zeros(backend, input.shape);
  const x = floatsOf(backend, input);
  const dy = floatsOf(backend, inputs.dy!);
  const dx = floatsOf(backend, out);
  const pixel = g.inChannels;
  const line = g.inWidth * pixel;
  eachWindow(g, (output, corner, rows, columns) => {
    for (let c = 0; c < pixel; c++) {
      let best = Number.NEGATIVE_INFINITY;
      let where = -1;
      for (let i = 0; i < rows; i++) {
        let at = corner + c + i * line;
        for (let j = 0; j < columns; j++, at += pixel) {
          if (x[at] > best) {
            best = x[at];
            where = at;
          }
        }
      }
      if (where >= 0) dx[where] += dy[output + c];
    }
  });
  return out;
};

/**
 * Gradient of average pooling: the gradient of each output is spread evenly over its window. As on the `cpu` backend the
 * divisor is the size of the whole window, padding included.
 */
export const avgPoolGrad: WasmKernel = ({ inputs, attrs, backend }) => {
  const input = inputs.input!;
  const g = poolInfo(input, attrs);
  const out = zeros(backend, input.shape);
  const dy = floatsOf(backend, inputs.dy!);
  const dx = floatsOf(backend, out);
  const pixel = g.inChannels;
  const line = g.inWidth * pixel;
  const share = 1 / (g.filterHeight * g.filterWidth);
  eachWindow(g, (output, corner, rows, columns) => {
    for (let i = 0; i < rows; i++) {
      for (let j = 0, at = corner + i * line; j < columns; j++, at += pixel) {
        for (let c = 0; c < pixel; c++) dx[at + c] += dy[output + c] * share;
      }
    }
  });
  return out;
};

// biome-ignore lint/suspicious/noExplicitAny: the attributes of two kernels.
function poolInfo({ shape }: tf.TensorInfo, attrs: any, rounding?: 'floor' | 'round' | 'ceil'): PoolInfo {
  const { filterSize, strides, pad } = attrs;
  return tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    rounding,
  );
}
