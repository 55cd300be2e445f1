/** Runs a function of tensors on the cpu backend and compiled, for tests that compare the two. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import { compile } from '../../src/compiler/index.ts';

type Tensors = Record<string, tf.Tensor>;

/** The largest difference, relative to the largest magnitude of what is wanted, or to `least` if that is larger. */
export function difference(got: ArrayLike<number>, want: ArrayLike<number>, least = 0): number {
  let scale = least;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    scale = Math.max(scale, Math.abs(want[i]));
    const d = Math.abs(got[i] - want[i]);
    worst = d > worst || Number.isNaN(d) ? d : worst;
  }
  return worst / (scale || 1);
}

/** Expects that every output of `fn` is the same compiled as it is on the cpu backend. */
export async function expectSame(
  fn: (inputs: Tensors) => Tensors,
  inputs: Tensors,
  tolerance = 1e-5,
  least = 0,
): Promise<void> {
  const eager = tf.tidy(() => fn(inputs));
  const signature = Object.fromEntries(
    Object.entries(inputs).map(([name, t]) => [name, { shape: t.shape, dtype: t.dtype as 'float32' }]),
  );
  const compiled = compile(fn, signature);
  try {
    const outputs = await compiled.run(inputs);
    for (const [name, want] of Object.entries(eager)) {
      expect([...outputs[name].shape], name).toEqual(want.shape);
      expect(
        difference(outputs[name].data as ArrayLike<number> as number[], want.dataSync(), least),
        name,
      ).toBeLessThan(tolerance);
    }
  } finally {
    await compiled.dispose();
    tf.dispose(eager);
  }
}
