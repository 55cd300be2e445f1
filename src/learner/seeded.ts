import { Random } from '../sampling/random.ts';

/**
 * Runs `f` with `Math.random` drawing from a seeded stream, and puts it back.
 *
 * TensorFlow.js seeds its dropout and noise from `Math.random` and offers no other way in. `f` is synchronous, so nobody
 * else sees the change.
 */
export function withSeed<T>(seed: number | undefined, f: () => T): T {
  if (seed === undefined) return f();
  const original = Math.random;
  const random = new Random(seed);
  // Where Math is frozen, nobody can seed TensorFlow.js.
  if (!Object.getOwnPropertyDescriptor(Math, 'random')?.writable) return f();
  Math.random = () => random.uniform();
  try {
    return f();
  } finally {
    Math.random = original;
  }
}
