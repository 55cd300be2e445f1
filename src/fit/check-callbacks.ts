import { fault } from '../errors.ts';
import { editDistance, nearestName } from '../nearest.ts';
import { isPlain } from '../options.ts';

const hooks = [
  ...['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onBatchBegin', 'onBatchEnd', 'onYield'],
] as const;

/** Letters that a name is off where it was meant to be another. */
const slip = 3;

const expected = 'an object of functions such as onEpochEnd, a tf.Callback, or a list of these';

/** @throws UnequalError unless TensorFlow.js would call every part of it that is named as a callback's is. */
export function checkCallbacks(option: string, value: unknown): void {
  const all = Array.isArray(value) ? value : [value];
  for (const [k, one] of all.entries()) checkCallback(Array.isArray(value) ? `${option}[${k}]` : option, one);
}

function checkCallback(where: string, one: unknown): void {
  if (typeof one !== 'object' || one === null || Array.isArray(one)) refuse(where, one);
  const parts = one as { readonly [hook: string]: unknown };
  const given = hooks.filter((hook) => (parts[hook] ?? undefined) !== undefined);
  if (!isPlain(one) && given.length === 0 && typeof parts.setModel !== 'function') refuse(where, one);
  for (const hook of given) {
    if (typeof parts[hook] !== 'function') {
      throw fault({ wrong: `bad ${hook} of ${where}`, got: parts[hook], expected: 'a function' });
    }
  }
  // What belongs to a callback may have any name; what looks like a hook and is none would never be called.
  const unknown = Object.keys(parts).find(
    (name) => /^on[A-Z]/.test(name) && !(hooks as readonly string[]).includes(name),
  );
  if (unknown === undefined || typeof parts[unknown] !== 'function') return;
  const nearest = nearestName(unknown, hooks);
  // Someone else may call it.
  if (nearest === undefined || editDistance(unknown, nearest) > slip) return;
  throw fault({
    wrong: `${where} has a function that is never called`,
    got: unknown,
    expected: `one of ${hooks.join(', ')}`,
    mend: `did you mean ${nearest}?`,
  });
}

function refuse(where: string, got: unknown): never {
  throw fault({ wrong: `bad ${where}`, got: typeof got === 'string' ? `'${got}'` : got, expected });
}
