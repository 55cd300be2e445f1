import * as tf from '@tensorflow/tfjs';
import { type ModelBatch, selectRows } from './batch.ts';
import type { Objective } from './objective.ts';
import { take, tensors } from './taken.ts';

/** ‖∂lᵢ/∂θ‖₂ by one backward pass per sample: slow and plain, the oracle of every faster way. */
export async function gradientNorms(objective: Objective, batch: ModelBatch): Promise<Float32Array> {
  const norms = new Float32Array(batch.size);
  for (let i = 0; i < batch.size; i++) {
    const square = tf.tidy(() => {
      const one = tensors(selectRows(batch, [i]));
      const loss = () => tf.sum<tf.Scalar>(objective.look(one, false).losses);
      const { grads } = tf.variableGrads(loss, objective.parameters);
      return tf.addN(Object.values(grads).map((gradient) => tf.sum(tf.square(gradient))));
    });
    norms[i] = Math.sqrt((await take(square))[0]);
  }
  return norms;
}
