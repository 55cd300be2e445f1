import { InvalidArgumentError } from 'commander';
import { UnequalError } from '../errors.ts';
import type { Method } from '../methods/method.ts';
import { methodEntry, registry } from '../methods/registry.ts';
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
  try {
    methodEntry(name);
  } catch (error) {
    if (error instanceof UnequalError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/**
 * Makes methods by their names. Each option goes to all methods that have one of its name.
 * @throws UnequalError if none of them has it, or one of them does not accept its value.
 */
export function chosenMethods(names: readonly string[], options: readonly NameValue[] = []): Method[] {
  const unused = new Set(options.map(([name]) => name));
  const known = new Set<string>();
  const methods = names.map((name) => {
    const { make, needs } = methodEntry(name);
    if (needs !== undefined) {
      throw new UnequalError(
        `${name} cannot be run from the command line: it needs ${needs}; use it with fit() or race()`,
      );
    }
    const defaults = make().options;
    const own = options.filter(([option]) => option in defaults);
    for (const option of Object.keys(defaults)) known.add(option);
    for (const [option] of own) unused.delete(option);
    return own.length > 0 ? make(Object.fromEntries(own)) : make();
  });
  const [missing] = unused;
  if (missing !== undefined) throw unknownName(`option of ${names.join(', ')}`, missing, known);
  return methods;
}

/** The names that can be run from the command line. */
export const runnable: readonly string[] = registry.filter(({ needs }) => needs === undefined).map(({ name }) => name);
