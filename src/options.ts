import { fault } from './errors.ts';
import { nearestName } from './nearest.ts';

/** @throws UnequalError unless the value given for the option is one of its values. */
export type Check = (option: string, value: unknown) => void;

/** A check for each option of a method; one that is missing is a type error. */
export type Checks<Options> = { readonly [option in keyof Options]-?: Check };

/**
 * The one rule for options, in all that takes any: of every option `undefined` and `null` mean that it is not given.
 * @returns those that are given.
 * @throws UnequalError for what is no object of options, for an option that there is not, with the nearest name, and for a
 *   value that the option cannot have.
 */
export function checkedOptions<Options>(
  of: string,
  options: unknown,
  checks: Checks<Options>,
  elsewhere: Elsewhere = {},
): Options {
  options ??= {};
  if (!isPlain(options)) {
    const own = typeof options === 'object' && !Array.isArray(options);
    throw fault({
      wrong: `bad options of ${of}`,
      got: shown(options),
      expected: 'an object of options by name',
      mend: own ? 'make it a plain one: { ...options }' : undefined,
    });
  }
  const given: [string, unknown][] = [];
  for (const option of Reflect.ownKeys(options)) {
    const value = (options as { readonly [name: string | symbol]: unknown })[option];
    if (value === undefined || value === null) continue;
    if (typeof option === 'symbol' || !Object.hasOwn(checks, option))
      throw unknownOption(of, option, checks, elsewhere);
    checks[option as keyof Options](`${option} of ${of}`, value);
    given.push([option, value]);
  }
  return Object.fromEntries(given) as Options;
}

/** What to do instead, by the name of an option that is one of something else. */
export type Elsewhere = { readonly [option: string]: string };

function unknownOption(of: string, option: string | symbol, checks: object, elsewhere: Elsewhere): Error {
  const known = Object.keys(checks);
  const name = String(option);
  const nearest = nearestName(name, known);
  return fault({
    wrong: `unknown option of ${of}`,
    got: `'${name}'`,
    expected: known.length === 0 ? 'no options' : `one of ${known.map((name) => `'${name}'`).join(', ')}`,
    mend: Object.hasOwn(elsewhere, name) ? elsewhere[name] : nearest && `did you mean '${nearest}'?`,
  });
}

/** An object of someone's own making, also one of another realm: no array, no instance of a class. */
export function isPlain(value: unknown): value is { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** The value in a message: text in quotes, so that '3' is not taken for 3. */
export function shown(value: unknown): unknown {
  return typeof value === 'string' ? `'${value}'` : value;
}

function refuse(option: string, value: unknown, expected: string): never {
  throw fault({ wrong: `bad ${option}`, got: shown(value), expected });
}

/** What holds for the value, and how that is said. */
export function when(holds: (value: unknown) => boolean, expected: string): Check {
  return (option, value) => {
    if (!holds(value)) refuse(option, value, expected);
  };
}

/** A finite number, `from` ≤ value ≤ `to`. */
export function range(from: number, to = Infinity): Check {
  const expected = to === Infinity ? `a number ≥ ${from}` : `a number from ${from} to ${to}`;
  return (option, value) => {
    if (!(typeof value === 'number' && value >= from && value <= to && Number.isFinite(value)))
      refuse(option, value, expected);
  };
}

/** A finite number above 0. */
export const positive: Check = (option, value) => {
  if (!(typeof value === 'number' && value > 0 && value < Infinity)) refuse(option, value, 'a number > 0');
};

/** 0 < value ≤ 1. */
export const share: Check = (option, value) => {
  if (!(typeof value === 'number' && value > 0 && value <= 1)) refuse(option, value, 'a share above 0, at most 1');
};

/** 0 ≤ value < 1. */
export const belowOne: Check = (option, value) => {
  if (!(typeof value === 'number' && value >= 0 && value < 1)) refuse(option, value, 'a number from 0 to below 1');
};

/** A whole number ≥ `from`. */
export function integer(from: number): Check {
  return (option, value) => {
    if (!(Number.isSafeInteger(value) && (value as number) >= from)) refuse(option, value, `a whole number ≥ ${from}`);
  };
}

/** One of the names. */
export function choice(...names: readonly string[]): Check {
  return (option, value) => {
    if (names.includes(value as string)) return;
    const nearest = typeof value === 'string' ? nearestName(value, names) : undefined;
    throw fault({
      wrong: `bad ${option}`,
      got: shown(value),
      expected: names.map((name) => `'${name}'`).join(' or '),
      mend: nearest === undefined ? undefined : `did you mean '${nearest}'?`,
    });
  };
}

/** The one word, or what the other check accepts. */
export function wordOr(word: string, check: Check): Check {
  return (option, value) => {
    if (value === word) return;
    try {
      check(option, value);
    } catch (error) {
      throw fault({ wrong: `${(error as Error).message}, or '${word}'` });
    }
  };
}

export const trueOrFalse: Check = (option, value) => {
  if (typeof value !== 'boolean') refuse(option, value, 'true or false');
};

/** Whole numbers ≥ 1, as many as are said, or any number of them. */
export function sizes(count?: number): Check {
  const expected = `${count ?? 'a list of'} whole numbers above 0`;
  return when((value) => {
    if (!Array.isArray(value) || (count !== undefined && value.length !== count)) return false;
    return value.every((size) => Number.isSafeInteger(size) && size > 0);
  }, expected);
}

/** A whole number, of either sign. */
export const seeding: Check = when((value) => Number.isSafeInteger(value), 'a whole number');

/** For what is checked where it is used. */
export const elsewhere: Check = () => {};

/** A name in tables and curves. */
export const text: Check = (option, value) => {
  if (typeof value !== 'string' || value.trim() === '') refuse(option, value, 'a text that is not empty');
};
