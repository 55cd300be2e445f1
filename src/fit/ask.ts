import type { Batch, Samples } from '../data/samples.ts';
import { fault, UnequalError } from '../errors.ts';
import { disposeTensors } from './dispose-tensors.ts';

/** Seconds after which it is said what is waited for, and again and again. */
const patience = 60;

/**
 * What the user's own code gives, at once or later. What never settles would end a program without a word where nothing
 * else goes on: it stays, and says each minute what is waited for.
 * @throws UnequalError with the cause, if it throws or rejects.
 */
export async function waitFor<T>(what: string, ask: () => T | Promise<T>, seconds = patience): Promise<T> {
  let minutes = 0;
  const waiting = setInterval(() => {
    console.warn(`unequal: waiting for more than ${seconds * ++minutes} s for ${what}`);
  }, 1000 * seconds);
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof UnequalError) throw cause;
    throw fault({ wrong: `${what} failed`, got: cause instanceof Error ? cause.message : String(cause), cause });
  } finally {
    clearInterval(waiting);
  }
}

/**
 * The samples at `indices`, of which a copy is handed out: a reader may sort it.
 * @throws UnequalError that names the samples, if `batch` throws, rejects, or gives no batch.
 */
export async function askFor(samples: Samples, indices: ArrayLike<number>, seconds = patience): Promise<Batch> {
  const batch: unknown = await waitFor(
    `the batch of ${asked(samples, indices)}`,
    () => samples.batch(Int32Array.from(indices)),
    seconds,
  );
  const { xs, ys } = (typeof batch === 'object' && batch !== null ? batch : {}) as Partial<Batch>;
  if (xs === undefined || xs === null || ys === undefined || ys === null) {
    disposeTensors(batch);
    const got = typeof batch === 'object' && batch !== null ? `{ ${Object.keys(batch).join(', ')} }` : String(batch);
    throw fault({ wrong: `no batch was given for ${asked(samples, indices)}`, got, expected: '{ xs, ys }' });
  }
  return batch as Batch;
}

/**
 * Tells samples what is asked for next, where they want to know.
 * @throws UnequalError if `soon` throws; where it gives a promise that fails, `later` gets the error.
 */
export function tellOf(samples: Samples, indices: ArrayLike<number>, later: (error: UnequalError) => void): void {
  const failed = (cause: unknown) =>
    fault({
      wrong: `soon() of ${asked(samples, indices)} failed`,
      got: cause instanceof Error ? cause.message : String(cause),
      expected: 'a hint that is taken or left',
      cause,
    });
  try {
    const given: unknown = samples.soon!(Int32Array.from(indices));
    if (given instanceof Promise) given.catch((cause) => later(failed(cause)));
  } catch (cause) {
    throw failed(cause);
  }
}

function asked(samples: Samples, indices: ArrayLike<number>): string {
  const call = (index: number) => (typeof samples.place === 'function' ? samples.place(index) : index);
  const head = Array.from({ length: Math.min(8, indices.length) }, (_, i) => call(indices[i])).join(', ');
  return indices.length > 8 ? `the samples ${head}, … (${indices.length} in all)` : `the samples ${head}`;
}
