import * as tf from '@tensorflow/tfjs';
import { addressOf, floatsAt, sizeOf, type WasmKernel, withScratch, zeros } from './backend.ts';
import { delegateToCpu } from './delegate.ts';
import { gemmOn } from './gemm.ts';

/** Sum over leading axes, as bias gradients need it: the product of a row of ones and the tensor as a matrix. */
export const sum = (stock: WasmKernel): WasmKernel => overLeadingAxes('Sum', stock, () => 1);

/** Mean over leading axes, as batch normalization needs it: the product of a row of 1/count and the tensor. */
export const mean = (stock: WasmKernel): WasmKernel => overLeadingAxes('Mean', stock, (count) => 1 / count);

/**
 * The stock kernel transposes the whole tensor when the axes are not the last ones. It stays in charge of every other
 * case.
 */
function overLeadingAxes(kernelName: string, stock: WasmKernel, factor: (count: number) => number): WasmKernel {
  return (args) => {
    const { inputs, attrs, backend } = args;
    const x = inputs.x!;
    const axes = tf.util.parseAxisParam(attrs.axis, x.shape).sort((a, b) => a - b);
    if (sizeOf(x) === 0) return delegateToCpu(kernelName)(args); // The stock kernel leaves its output unset.
    const leading = axes.length < x.shape.length && axes.every((axis, index) => axis === index);
    if (!leading || axes.length === 0 || x.dtype !== 'float32') return stock(args);
    const rest = x.shape.slice(axes.length);
    const columns = tf.util.sizeFromShape(rest);
    const rows = sizeOf(x) / columns;
    const out = zeros(backend, attrs.keepDims ? [...axes.map(() => 1), ...rest] : rest);
    withScratch(backend, 4, (address) => {
      floatsAt(backend, address, 1)[0] = factor(rows);
      gemmOn(backend).multiply(
        ...([1, columns, rows] as const),
        { address, row: 0, column: 0 },
        { address: addressOf(backend, x), row: 4 * columns },
        { address: addressOf(backend, out), row: 4 * columns },
      );
    });
    return out;
  };
}
