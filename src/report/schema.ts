import { numberOf } from './json-numbers.ts';

/** What a value from a file must be; it says where it is not, and gives it back with its numbers as numbers. */
export type Schema<T> = (value: unknown, where: string) => T;

type Fields = { readonly [field: string]: Schema<unknown> };
type Read<F extends Fields> = { [K in keyof F]: ReturnType<F[K]> };

/** A value is not what it must be. */
export class Mismatch extends Error {}

const expected = (where: string, what: string) => new Mismatch(`${where === '' ? 'it' : where} is not ${what}`);

/** Finite or not. */
export const number: Schema<number> = (value, where) => {
  const read = numberOf(value);
  if (read === undefined) throw expected(where, 'a number');
  return read;
};

/** From 0 on, as counts, times and sizes are. */
export const amount: Schema<number> = (value, where) => {
  if (typeof value !== 'number' || !(value >= 0) || value > Number.MAX_SAFE_INTEGER)
    throw expected(where, 'a number from 0 on');
  return value;
};

export const text: Schema<string> = (value, where) => {
  if (typeof value !== 'string') throw expected(where, 'text');
  return value;
};

export const truth: Schema<boolean> = (value, where) => {
  if (typeof value !== 'boolean') throw expected(where, 'true or false');
  return value;
};

export const anything: Schema<unknown> = (value) => value;

export function oneOf<T extends string>(...words: readonly T[]): Schema<T> {
  return (value, where) => {
    if (!words.includes(value as T)) throw expected(where, words.join(' or '));
    return value as T;
  };
}

export function optional<T>(schema: Schema<T>): Schema<T | undefined> {
  return (value, where) => (value === undefined ? undefined : schema(value, where));
}

export function list<T>(schema: Schema<T>): Schema<T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw expected(where, 'a list');
    return value.map((one, k) => schema(one, `${where}[${k}]`));
  };
}

/** An object with any names. */
export function named<T>(schema: Schema<T>): Schema<{ [name: string]: T }> {
  return (value, where) => {
    const entries = Object.entries(objectOf(value, where));
    return Object.fromEntries(entries.map(([name, one]) => [name, schema(one, inside(where, name))]));
  };
}

/** An object with these fields; those it has beside them stay. */
export function fields<F extends Fields>(schemas: F): Schema<Read<F>> {
  const known = Object.entries(schemas);
  return (value, where) => {
    const object = objectOf(value, where);
    const read = known.map(([name, schema]) => {
      return [name, schema(Object.hasOwn(object, name) ? object[name] : undefined, inside(where, name))] as const;
    });
    return { ...object, ...Object.fromEntries(read.filter(([, one]) => one !== undefined)) } as Read<F>;
  };
}

function objectOf(value: unknown, where: string): { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw expected(where, 'an object');
  return value as { readonly [name: string]: unknown };
}

const inside = (where: string, name: string) => (where === '' ? name : `${where}.${name}`);
