/** Errors that say that a function cannot be compiled, or not be run as compiled: TensorFlow.js itself may still run it. */
const marked = new WeakSet<object>();

export function markUncompiled<T>(error: T): T {
  if (typeof error === 'object' && error !== null) marked.add(error);
  return error;
}

/** Whether the error came from compiling a function or from running the session, and not from what it was given. */
export const isUncompiled = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && marked.has(error);
