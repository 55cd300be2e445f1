import { InvalidArgumentError } from 'commander';
import { UnequalError } from '../errors.ts';
import { ruleChecks } from '../methods/importance/importance-options.ts';
import type { Method } from '../methods/method.ts';
import { methodEntry } from '../methods/registry.ts';
import { writtenOptions } from '../methods/written-options.ts';
import { unknownName } from '../nearest.ts';
import type { NameValue } from './arguments.ts';

/** The names of `--methods a,b,c`. */
export function methodNames(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  names.forEach((name, k) => {
    checkName(name);
    if (names.indexOf(name) < k) throw new InvalidArgumentError(`'${name}' is named twice.`);
  });
  return names;
}

/** The name of `--method a`. */
export function methodName(name: string): string {
  checkName(name);
  return name;
}

function checkName(name: string): void {
  asked(() => methodEntry(name));
}

/** What was asked for by the command line: an error in it is one of the command line. */
function asked<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnequalError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** Options that are options by name themselves, such as `rule.discount`. */
const parts: { readonly [option: string]: readonly string[] } = { rule: Object.keys(ruleChecks) };

const withParts = (option: string): string[] =>
  Object.hasOwn(parts, option) ? parts[option].map((part) => `${option}.${part}`) : [option];

/** Options that methods cannot do without, by the name of the method. */
export type Given = { readonly [method: string]: object };

/**
 * Makes methods by their names. Each option goes to all methods that have one of its name.
 * @param given what the methods that need more than samples and a model are given; they are refused without.
 * @throws InvalidArgumentError if none of them has an option, or one of them does not accept its value.
 */
export function chosenMethods(
  names: readonly string[],
  options: readonly NameValue[] = [],
  given: Given = {},
): Method[] {
  const unused = new Set(options.map(([name]) => name));
  const known = new Set<string>();
  const methods = names.map((name) => {
    const { make, needs, options: its } = methodEntry(name);
    if (needs !== undefined && given[name] === undefined) {
      throw new UnequalError(`${name} cannot be run so: it needs ${needs}; use it with unequal race, or with fit()`);
    }
    const settable = its.filter((option) => option !== 'name').flatMap(withParts);
    const own = options.filter(([option]) => settable.includes(option));
    for (const option of settable) known.add(option);
    for (const [option] of own) unused.delete(option);
    return own.length > 0 ? asked(() => make({ ...given[name], ...writtenOptions(own) })) : make(given[name]);
  });
  const [missing] = unused;
  if (missing !== undefined) {
    throw new InvalidArgumentError(unknownName(`option of ${names.join(', ')}`, missing, known).message);
  }
  return methods;
}
