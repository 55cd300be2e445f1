/** Errors that say that a function cannot be compiled, or not be run as compiled: TensorFlow.js itself may still run it. */
const marked = new WeakSet<object>();

/** Errors after which TensorFlow.js cannot run the function as it would have without a trace. */
const final = new WeakSet<object>();

/**
 * Marks what a trace has changed for good: a tensor in a closure that is gone, which nobody can put back.
 *
 * @example
 * ```ts
 * throw markFinal(new Error('not to be tried eagerly'));
 * ```
 */
export function markFinal<T extends object>(error: T): T {
  final.add(error);
  return error;
}

export function markUncompiled<T>(error: T): T {
  if (typeof error === 'object' && error !== null && !final.has(error)) marked.add(error);
  return error;
}

/**
 * Whether the error came from compiling a function or from running the session, and not from what it was given.
 *
 * @example
 * ```ts
 * const double = compile(({ x }) => ({ y: x.mul(2) }), { x: { shape: [null] } });
 * await double.run({ x }).catch((error) => console.log(isUncompiled(error)));
 * ```
 */
export const isUncompiled = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && marked.has(error);
