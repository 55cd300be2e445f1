import { printable } from './printable.ts';

/**
 * The one error class of the library.
 *
 * The message has the form *what is wrong: what was got, what was expected, how to mend it*, so that it can be acted on
 * without opening the source.
 *
 * @example
 * ```ts
 * try {
 *   await fit(model, x, y, { epochs: -1 });
 * } catch (error) {
 *   if (error instanceof UnequalError) console.log(error.message);
 * }
 * ```
 */
export class UnequalError extends Error {
  override readonly name = 'UnequalError';
}

/** The parts of an error message; the last two are optional only where they would repeat the first. */
export interface Fault {
  /** What is wrong, without a full stop. */
  readonly wrong: string;
  /** What was got. */
  readonly got?: unknown;
  /** What was expected. */
  readonly expected?: string;
  /** How to mend it. */
  readonly mend?: string;
  readonly cause?: unknown;
}

/**
 * Makes the error for a fault. Throw what it returns: `throw fault({ wrong: …, got: … })`. Its message is one line and
 * {@link printable}, whatever names stand in it.
 */
export function fault({ wrong, got, expected, mend, cause }: Fault): UnequalError {
  const parts: string[] = [];
  if (got !== undefined) parts.push(`got ${shown(got)}`);
  if (expected !== undefined) parts.push(`expected ${expected}`);
  if (mend !== undefined) parts.push(mend);
  const message = parts.length === 0 ? wrong : `${wrong}: ${parts.join(', ')}`;
  return new UnequalError(printable(message), cause === undefined ? undefined : { cause });
}

/** What a sample is called. */
type Called = (index: number) => number;

/** How faults that name samples are told. */
const tellings = new WeakMap<object, (called: Called) => Fault>();

/** The error for a fault that names samples: by their index, until {@link withSamplesCalled} knows better. */
export function sampleFault(tell: (called: Called) => Fault): UnequalError {
  const error = fault(tell((index) => index));
  tellings.set(error, tell);
  return error;
}

/** The same error with its samples called otherwise; any other stays as it is. */
export function withSamplesCalled(error: unknown, called: Called): unknown {
  const tell = error instanceof UnequalError ? tellings.get(error) : undefined;
  return tell === undefined ? error : fault(tell(called));
}

/** Errors in a step that its samples have nothing to do with. */
const others = new WeakSet<object>();

/** The same error, told without the samples of the step that it came in. */
export function ofNoSample(error: unknown): unknown {
  if (error instanceof UnequalError) others.add(error);
  return error;
}

export const isOfNoSample = (error: object): boolean => others.has(error);

/** The same error, which says where; any other stays as it is. */
export function withPlace(error: unknown, where: string): unknown {
  if (!(error instanceof UnequalError)) return error;
  return fault({ wrong: `${error.message} (in ${where})`, cause: error.cause ?? error });
}

/** What is told of it, also of an object that throws when it is looked at. */
function shown(value: unknown): string {
  try {
    return show(value);
  } catch {
    return 'an object that cannot be looked at';
  }
}

function show(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const { length = 0 } = value as ArrayLike<unknown>;
    if (depth > 2) return '[…]';
    const head = Array.from({ length: Math.min(8, length) }, (_, k) => show((value as unknown[])[k], depth + 1));
    return `[${head.join(', ')}${length > 8 ? `, … ${length} in all` : ''}]`;
  }
  if (typeof value !== 'object') return typeof value;
  const name: unknown = value.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : 'an object';
}
