import { fault } from '../errors.ts';
import type { Method } from './method.ts';

/** @throws UnequalError unless the value is a method, such as `importance()` makes; `where` is whose argument it is. */
export function checkMethod(where: string, value: unknown): asserts value is Method {
  const { name, options, sampler } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Method>;
  if (typeof name === 'string' && typeof options === 'object' && options !== null && typeof sampler === 'function') {
    return;
  }
  const factory = typeof value === 'function' && value.name !== '' ? value.name : undefined;
  throw fault({
    wrong: `the method of ${where} is no method`,
    got: factory === undefined ? (typeof value === 'string' ? `'${value}'` : value) : `the function ${factory}`,
    expected: 'a method, such as importance()',
    mend: factory === undefined ? undefined : `call it: ${factory}()`,
  });
}
