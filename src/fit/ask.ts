import * as tf from '@tensorflow/tfjs';
import type { Batch, Samples } from '../data/samples.ts';
import { fault, UnequalError } from '../errors.ts';

/** Seconds after which it is said what is waited for. */
const patience = 60;

/**
 * The samples at `indices`.
 * @throws UnequalError that names the samples, if `batch` throws, rejects, or gives no batch.
 */
export async function askFor(samples: Samples, indices: ArrayLike<number>, seconds = patience): Promise<Batch> {
  const waiting = setTimeout(() => {
    console.warn(`unequal: waiting for more than ${seconds} s for the batch of ${asked(indices)}`);
  }, 1000 * seconds);
  (waiting as { unref?: () => void }).unref?.();
  let batch: unknown;
  try {
    batch = await samples.batch(indices);
  } catch (cause) {
    if (cause instanceof UnequalError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    throw fault({ wrong: `the batch of ${asked(indices)} failed`, got, cause });
  } finally {
    clearTimeout(waiting);
  }
  const { xs, ys } = (typeof batch === 'object' && batch !== null ? batch : {}) as Partial<Batch>;
  if (xs === undefined || xs === null || ys === undefined || ys === null) {
    if (typeof batch === 'object' && batch !== null) tf.dispose(batch as tf.TensorContainer);
    const got = typeof batch === 'object' && batch !== null ? `{ ${Object.keys(batch).join(', ')} }` : String(batch);
    throw fault({ wrong: `no batch was given for ${asked(indices)}`, got, expected: '{ xs, ys }' });
  }
  return batch as Batch;
}

function asked(indices: ArrayLike<number>): string {
  const head = Array.from({ length: Math.min(8, indices.length) }, (_, i) => indices[i]).join(', ');
  return indices.length > 8 ? `the samples ${head}, … (${indices.length} in all)` : `the samples ${head}`;
}
