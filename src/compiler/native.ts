/** Operations that TensorFlow.js has none of, in a compiled function. */
import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { Builder } from './builder.ts';
import type { Value } from './graph.ts';
import { tracingRecorder } from './recording-backend.ts';

/**
 * Adds nodes of ONNX to the function that is being compiled.
 *
 * Numbers may be float64 there. To TensorFlow.js such a value is a float32 tensor, rounded; the tensor itself given to `native`
 * again, or returned by the function, is what it was. Gradients do not pass.
 *
 * @param emit makes values of the graph out of those of the tensors, in row-major order.
 * @throws UnequalError outside a compiled function, and for values that are no tensor's: int64.
 *
 * @example
 * ```ts
 * const relu = compile(({ x }) => native({ x }, (b, values) => ({ y: b.unary('Relu', values.x) })), { x: { shape: [2] } });
 * ```
 */
export function native(
  tensors: Readonly<Record<string, tf.Tensor>>,
  emit: (b: Builder, values: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>>,
): Record<string, tf.Tensor> {
  const recorder = tracingRecorder();
  if (!recorder) throw fault({ wrong: 'native operations outside a compiled function', mend: 'compile the function' });
  const { emitter } = recorder;
  const entries = Object.entries(tensors).map(([name, tensor]) => {
    return [name, emitter.full(recorder.exact(tensor))] as const;
  });
  const results = Object.entries(emit(emitter, Object.fromEntries(entries)));
  const made = results.map(([name, value]) => {
    if (value.dtype !== 'int64') return [name, recorder.tensor(emitter.sym(value))] as const;
    throw fault({ wrong: `${name} of a native operation is no tensor`, got: 'int64', mend: 'cast it to int32' });
  });
  return Object.fromEntries(made);
}
