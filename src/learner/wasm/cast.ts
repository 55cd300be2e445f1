import { addressOf, memoryOf, sizeOf, type WasmKernel } from './backend.ts';

/** Conversion between types. The stock kernel's booleans are the low byte of the number: 0.5 and 256 are false to it. */
export const cast =
  (stock: WasmKernel): WasmKernel =>
  (args) => {
    const { inputs, attrs, backend } = args;
    const x = inputs.x!;
    if (attrs.dtype !== 'bool' || x.dtype === 'bool') return stock(args);
    const out = backend.makeOutput(x.shape, 'bool');
    const { buffer } = memoryOf(backend);
    const Values = x.dtype === 'float32' ? Float32Array : Int32Array;
    const from = new Values(buffer, addressOf(backend, x), sizeOf(x));
    const to = new Uint8Array(buffer, addressOf(backend, out), from.length);
    for (let i = 0; i < from.length; i++) to[i] = from[i] === 0 ? 0 : 1;
    return out;
  };
