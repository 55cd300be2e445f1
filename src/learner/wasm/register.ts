import * as tf from '@tensorflow/tfjs';
import type { WasmKernel, WasmKernels } from './backend.ts';
import { cast } from './cast.ts';
import { conv2DBackpropFilter, conv2DBackpropInput } from './convolution.ts';
import { delegateToCpu } from './delegate.ts';
import { depthwiseBackpropFilter, depthwiseBackpropInput } from './depthwise.ts';
import { batchMatMul } from './matmul.ts';
import { avgPoolGrad, maxPoolGrad } from './pool.ts';
import { mean, sum } from './reduce.ts';
import { unsortedSegmentSum } from './segment.ts';

/** Kernels of our own: those the backend lacks, and those of its own that are too slow to train with. */
const kernels: WasmKernels = {
  Conv2DBackpropFilter: conv2DBackpropFilter,
  Conv2DBackpropInput: conv2DBackpropInput,
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
  UnsortedSegmentSum: unsortedSegmentSum,
  BatchMatMul: batchMatMul,
  MaxPoolGrad: maxPoolGrad,
  AvgPoolGrad: avgPoolGrad,
};

/** Kernels that take over some cases of the stock ones. */
const wrappers: Readonly<Record<string, (stock: WasmKernel) => WasmKernel>> = { Cast: cast, Mean: mean, Sum: sum };

/**
 * Stock kernels that give wrong results: gradients of conv3d for its input, of dilation2d, and of maxPool3d where a window
 * holds negative numbers only.
 */
const wrong = ['Conv3DBackpropInputV2', 'Dilation2DBackpropFilter', 'Dilation2DBackpropInput', 'MaxPool3DGrad'];

/** Kernels of complex tensors, of which the backend has none, and of the browser's canvas. */
const impossible = new Set(['Complex', 'ComplexAbs', 'Real', 'Imag', 'FFT', 'IFFT', 'Draw']);

/**
 * Registers for the `wasm` backend every kernel that gradients need and it lacks. What the `cpu` backend has beyond
 * them, and what the `wasm` backend gets wrong, runs there on copies. The stock kernels are unregistered first, for registering over them prints a warning.
 */
export function registerTrainingKernels(): void {
  for (const [name, kernel] of Object.entries(kernels)) replace(name, kernel);
  for (const [name, wrap] of Object.entries(wrappers)) {
    replace(name, wrap(tf.getKernel(name, 'wasm').kernelFunc as unknown as WasmKernel));
  }
  for (const name of wrong) replace(name, delegateToCpu(name));
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (!tf.getKernel(kernelName, 'wasm') && !impossible.has(kernelName)) {
      replace(kernelName, delegateToCpu(kernelName));
    }
  }
}

function replace(kernelName: string, kernel: WasmKernel): void {
  const stock = tf.getKernel(kernelName, 'wasm');
  if (stock) tf.unregisterKernel(kernelName, 'wasm');
  // The set-up of the stock kernel is kept: a wrapper may still call it.
  const kernelFunc = kernel as unknown as tf.KernelFunc;
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc, setupFunc: stock?.setupFunc });
}
