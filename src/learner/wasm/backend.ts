import type * as tf from '@tensorflow/tfjs';

/**
 * What we use of TensorFlow.js's `BackendWasm`. Its tensors live in one linear memory, so that a WebAssembly module of our
 * own can work on the same tensors without a copy.
 */
export interface WasmBackend extends tf.KernelBackend {
  readonly wasm: {
    /** Where one thread has the memory, and where several share it. */
    readonly asm: { readonly memory?: WebAssembly.Memory };
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc: (bytes: number) => number;
    _free(address: number): void;
  };
  readonly dataIdMap: { get(dataId: object): { memoryOffset: number } };
  makeOutput(
    shape: number[],
    dtype: tf.DataType,
    address?: number,
    values?: tf.backend_util.BackendValues,
  ): tf.TensorInfo;
  disposeData(dataId: object, force?: boolean): boolean;
}

/** A kernel of the `wasm` backend. */
export type WasmKernel = (args: {
  inputs: tf.NamedTensorInfoMap;
  // biome-ignore lint/suspicious/noExplicitAny: every kernel has attributes of its own.
  attrs: any;
  backend: WasmBackend;
}) => tf.TensorInfo | tf.TensorInfo[];

/** Kernels by name, as they are registered. */
export type WasmKernels = Readonly<Record<string, WasmKernel>>;

/** The address of a tensor's first byte. */
export function addressOf(backend: WasmBackend, { dataId }: tf.TensorInfo): number {
  return backend.dataIdMap.get(dataId).memoryOffset;
}

/** The memory. Its buffer changes when it grows: read it after the last allocation. */
export function memoryOf({ wasm }: WasmBackend): WebAssembly.Memory {
  return (wasm.wasmMemory ?? wasm.asm.memory)!;
}

/** A view of `length` floats at an address, valid until the next allocation. */
export function floatsAt(backend: WasmBackend, address: number, length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(memoryOf(backend).buffer, address, length);
}

/** A view of the values of a float32 tensor, valid until the next allocation. */
export function floatsOf(backend: WasmBackend, tensor: tf.TensorInfo): Float32Array<ArrayBuffer> {
  return floatsAt(backend, addressOf(backend, tensor), sizeOf(tensor));
}

/** A new float32 tensor of zeros. */
export function zeros(backend: WasmBackend, shape: number[]): tf.TensorInfo {
  const out = backend.makeOutput(shape, 'float32');
  floatsOf(backend, out).fill(0);
  return out;
}

export function sizeOf({ shape }: tf.TensorInfo): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/** Runs `f` with the address of `bytes` bytes of scratch memory, freed afterwards. */
export function withScratch<T>(backend: WasmBackend, bytes: number, f: (address: number) => T): T {
  const address = backend.wasm._malloc(bytes) >>> 0;
  try {
    return f(address);
  } finally {
    backend.wasm._free(address);
  }
}
