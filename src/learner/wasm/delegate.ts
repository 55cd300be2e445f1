import * as tf from '@tensorflow/tfjs';
import { sizeOf, type WasmBackend, type WasmKernel } from './backend.ts';

interface CpuBackend extends tf.KernelBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.backend_util.BackendValues): tf.TensorInfo;
}

/**
 * A `wasm` kernel that runs the `cpu` backend's kernel of the same name on copies of its inputs and copies the outputs
 * back: slow, but right for every kernel of real, integer, boolean or string tensors. Complex tensors have no place in
 * the `wasm` backend's memory.
 */
export function delegateToCpu(kernelName: string): WasmKernel {
  return ({ inputs, attrs, backend }) => {
    const cpu = tf.engine().findBackend('cpu') as CpuBackend;
    // The engine hands kernels tensors, and some look at more of them than a `TensorInfo` promises.
    const toCpu = (x: tf.TensorInfo) => ({
      ...cpu.makeTensorInfo(x.shape, x.dtype, read(backend, x)),
      rank: x.shape.length,
      size: sizeOf(x),
    });
    const copies = mapInputs(inputs, toCpu);
    const outputs = tf.getKernel(kernelName, 'cpu').kernelFunc({ inputs: copies, attrs, backend: cpu });
    const fromCpu = (y: tf.TensorInfo) => backend.makeOutput(y.shape, y.dtype, undefined, read(cpu, y));
    const results = Array.isArray(outputs) ? outputs.map(fromCpu) : fromCpu(outputs);
    // Some kernels hand an input through as their output, with one reference more: each holder lets go of its own.
    for (const copy of [...Object.values(copies).flat(), ...[outputs].flat()]) if (copy) cpu.disposeData(copy.dataId);
    return results;
  };
}

function read(backend: WasmBackend | CpuBackend, { dataId }: tf.TensorInfo): tf.backend_util.BackendValues {
  return backend.readSync(dataId) as tf.backend_util.BackendValues;
}

/** Some kernels (Pack, Einsum) take a list of tensors; some inputs are optional, some are lists themselves. */
function mapInputs(inputs: tf.NamedTensorInfoMap, f: (x: tf.TensorInfo) => tf.TensorInfo): tf.NamedTensorInfoMap {
  const map = (x: unknown): unknown => (Array.isArray(x) ? x.map(map) : x && f(x as tf.TensorInfo));
  if (Array.isArray(inputs)) return map(inputs) as tf.NamedTensorInfoMap;
  return Object.fromEntries(Object.entries(inputs).map(([key, x]) => [key, map(x)])) as tf.NamedTensorInfoMap;
}
