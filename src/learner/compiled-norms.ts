import * as tf from '@tensorflow/tfjs';
import { perSample, squaredNorm } from '../compiler/index.ts';
import { type ModelBatch, selectRows } from './batch.ts';
import type { CompiledFunctions } from './compiled-functions.ts';
import { feeds, tensorsOf } from './named.ts';
import type { Objective } from './objective.ts';

/** Samples whose gradients are taken apart at once. */
const chunk = 128;

/** ‖∂lᵢ/∂θ‖₂, exact, from one backward pass of the batch in which no sum over samples is taken. */
export async function gradientNorms(
  functions: CompiledFunctions,
  objective: Objective,
  batch: ModelBatch,
): Promise<Float32Array> {
  const compiled = functions.ofBatch('gradient norms', batch, (_, inputs) =>
    perSample((one) => {
      const sample = tensorsOf(batch, one);
      const loss = () => tf.sum<tf.Scalar>(objective.look(sample, false).losses);
      const { grads } = tf.variableGrads(loss, objective.parameters);
      return { squares: squaredNorm(grads) };
    }, inputs),
  );
  const norms = new Float32Array(batch.size);
  // A layer's gradients of all samples are in memory at once.
  for (let at = 0; at < batch.size; at += chunk) {
    const rows = Int32Array.from({ length: Math.min(chunk, batch.size - at) }, (_, i) => at + i);
    const { squares } = await compiled.run(feeds(selectRows(batch, rows)));
    norms.set((squares.data as Float32Array).map(Math.sqrt), at);
  }
  return norms;
}
