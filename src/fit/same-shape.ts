import { fault } from '../errors.ts';
import type { State } from '../methods/method.ts';
import { counted } from '../plural.ts';

export function isObject(value: unknown): value is { readonly [name: string]: State } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (ArrayBuffer.isView(value)) return value.constructor.name;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * Checks what was saved against the state of a run that has just begun: where both have something it is of the same kind, and
 * arrays have the same length.
 * @param name of the part, for errors.
 * @throws UnequalError naming the part that is of another kind.
 */
export function checkSameShape(saved: unknown, fresh: unknown, name: string): void {
  // What a run has only later, or no longer, is known by whoever takes it back.
  if (saved === null || saved === undefined || fresh === null || fresh === undefined) return;
  const [got, expected] = [kindOf(saved), kindOf(fresh)];
  if (got !== expected) throw fault({ wrong: `a wrong ${name}`, got, expected });
  if (ArrayBuffer.isView(saved)) {
    const lengths = [saved, fresh].map((array) => (array as Float32Array).length);
    if (lengths[0] === lengths[1]) return;
    throw fault({ wrong: `a wrong ${name}`, got: counted(lengths[0], 'number'), expected: `${lengths[1]}` });
  }
  if (Array.isArray(saved)) {
    const like = fresh as unknown[];
    for (const [k, one] of saved.entries()) checkSameShape(one, like[Math.min(k, like.length - 1)], `${name}[${k}]`);
  } else if (isObject(saved)) {
    const like = fresh as { readonly [part: string]: unknown };
    for (const part of Object.keys(saved)) {
      if (Object.hasOwn(like, part)) checkSameShape(saved[part], like[part], `${name}.${part}`);
    }
    // What is there from the start stays.
    for (const part of Object.keys(like)) {
      if (typeof like[part] === 'number' && typeof saved[part] !== 'number') {
        throw fault({ wrong: `a wrong ${name}.${part}`, got: kindOf(saved[part]), expected: 'a number' });
      }
    }
  }
}

/** @throws UnequalError naming the part of what was saved that a run has not taken back as it was. */
export function checkTakenBack(saved: unknown, taken: unknown, name: string): void {
  if (Object.is(saved, taken) || ((saved ?? undefined) === undefined && (taken ?? undefined) === undefined)) return;
  const wrong = () => fault({ wrong: `a wrong ${name}`, got: kindOf(saved), expected: kindOf(taken) });
  if (kindOf(saved) !== kindOf(taken)) throw wrong();
  if (ArrayBuffer.isView(saved)) {
    const [one, two] = [saved as Uint8Array, taken as Uint8Array];
    if (one.length !== two.length || one.some((value, k) => !Object.is(value, two[k]))) throw wrong();
  } else if (Array.isArray(saved)) {
    if (saved.length !== (taken as unknown[]).length) throw wrong();
    for (const [k, one] of saved.entries()) checkTakenBack(one, (taken as unknown[])[k], `${name}[${k}]`);
  } else if (isObject(saved)) {
    const other = taken as { readonly [part: string]: unknown };
    for (const part of new Set([...Object.keys(saved), ...Object.keys(other)])) {
      const of = (state: object) =>
        Object.hasOwn(state, part) ? (state as { [part: string]: unknown })[part] : undefined;
      checkTakenBack(of(saved), of(other), `${name}.${part}`);
    }
  } else throw wrong();
}

/** @throws UnequalError unless it is a whole number from 0 to `most`. */
export function checkCount(value: unknown, name: string, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most) return;
  throw fault({ wrong: `a wrong ${name}`, got: value, expected: 'a whole number ≥ 0' });
}

/** @throws UnequalError unless it is a finite number. */
export function checkFiniteNumber(value: unknown, name: string): void {
  if (!Number.isFinite(value)) throw fault({ wrong: `a wrong ${name}`, got: value, expected: 'a finite number' });
}
