/**
 * A function of one sample, over all samples of a batch at once.
 *
 * The function is traced for a batch of one and its graph is widened: what differs between the samples gets a leading
 * dimension, products with weights become one product for all. What comes out is what a loop over the samples gives,
 * per-sample gradients among it. Outside a compiled function it is that loop.
 */
import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import type { Value } from './graph.ts';
import { Loop } from './loop.ts';
import { tracingRecorder } from './recording-backend.ts';

/** Tensors by name. */
export type Tensors = Record<string, tf.Tensor>;

/**
 * Does the same with each sample of a batch, as one program for all of them.
 *
 * @param f takes a batch of one sample, tensors of shape [1, …], and returns tensors by name.
 * @param batch tensors whose first dimension is the samples.
 * @returns what `f` returns for each sample, stacked: a scalar becomes [samples].
 *
 * @example
 * ```ts
 * const squares = compile(({ x }) => perSample((one) => ({ y: one.x.square().sum() }), { x }), { x: { shape: [null, 3] } });
 * ```
 */
export function perSample(f: (sample: Tensors) => Tensors, batch: Tensors): Tensors {
  const sizes = new Set(Object.values(batch).map((x) => x.shape[0]));
  if (sizes.size !== 1) throw fault({ wrong: 'perSample needs inputs of one batch size', got: [...sizes].join(', ') });
  const [samples] = sizes;
  return tf.tidy(() => (tracingRecorder() ? widened(f, batch, samples!) : looped(f, batch, samples!)));
}

/**
 * The squared Euclidean norm of all gradients together, a scalar.
 *
 * @example
 * ```ts
 * const norm = squaredNorm({ a: tf.tensor1d([3, 4]) }); // 25
 * ```
 */
export const squaredNorm = (gradients: Tensors): tf.Scalar =>
  tf.addN(Object.values(gradients).map((g) => tf.sum(tf.square(g)))) as tf.Scalar;

function widened(f: (sample: Tensors) => Tensors, batch: Tensors, samples: number): Tensors {
  const recorder = tracingRecorder()!;
  const { emitter: e } = recorder;
  const loop = new Loop(e, samples);
  const sample: Tensors = {};
  for (const [name, x] of Object.entries(batch)) {
    const shape = [1, ...x.shape.slice(1)];
    const rows = e.reshape(e.full(recorder.symbol(x)), [samples, ...shape]);
    sample[name] = recorder.tensor(e.sym(loop.scanned(shape, rows)));
  }
  const results = Object.entries(f(sample)).map(([name, t]) => [name, e.full(recorder.symbol(t))] as const);
  loop.close([]);
  const stacked: Tensors = {};
  for (const [name, value] of results) stacked[name] = recorder.tensor(e.sym(every(value)));
  return stacked;

  function every(value: Value): Value {
    return loop.kind(value) > 0 ? loop.stack(value) : e.expand(value, [samples, ...value.shape]);
  }
}

function looped(f: (sample: Tensors) => Tensors, batch: Tensors, samples: number): Tensors {
  const rows = Array.from({ length: samples }, (_, i) =>
    tf.tidy(() => f(Object.fromEntries(Object.entries(batch).map(([name, x]) => [name, tf.slice(x, [i], [1])])))),
  );
  return Object.fromEntries(Object.keys(rows[0] ?? {}).map((name) => [name, tf.stack(rows.map((row) => row[name]))]));
}
