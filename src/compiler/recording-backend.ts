import * as tf from '@tensorflow/tfjs';
import { lowerings } from './lower/index.ts';
import type { Lowering } from './lower/lowering.ts';
import { Recorder } from './recorder.ts';
import type { Sym } from './symbol.ts';

/** The name of the backend. Another copy of this library, of another version maybe, has kernels of its own. */
export let recorderName = 'unequal-recorder';

let registered = false;

/** Registers every lowered kernel with TensorFlow.js, once. */
export function registerRecorder(): void {
  if (registered) return;
  registered = true;
  for (let copy = 2; tf.getKernelsForBackend(recorderName).length > 0; copy++)
    recorderName = `unequal-recorder-${copy}`;
  for (const [kernelName, lowering] of Object.entries(lowerings)) {
    tf.registerKernel({ kernelName, backendName: recorderName, kernelFunc: record(kernelName, lowering) });
  }
}

/** The recorder of the trace that is under way, if there is one. */
export function tracingRecorder(): Recorder | undefined {
  const backend = tf.getBackend() === recorderName ? tf.backend() : undefined;
  return backend instanceof Recorder ? backend : undefined;
}

function record(kernelName: string, lowering: Lowering): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const recorder = backend as Recorder;
    recorder.requireOwn(kernelName);
    const symbols: Record<string, Sym> = {};
    for (const [name, input] of Object.entries(inputs)) {
      if (input) symbols[name] = recorder.symbol(input as tf.TensorInfo);
    }
    const result = lowering(symbols, attrs ?? {}, recorder.emitter);
    const constant = Object.values(inputs).every((input) => !input || recorder.isConstant(input as tf.TensorInfo));
    const info = (sym: Sym, index = 0): tf.TensorInfo => ({
      dataId: recorder.hold(
        sym,
        undefined,
        constant ? { kernelName, inputs, attrs: attrs as tf.NamedAttrMap, index } : undefined,
      ),
      shape: [...sym.shape],
      dtype: sym.dtype as tf.DataType,
    });
    return Array.isArray(result) ? result.map(info) : info(result);
  };
}
