/** Which functions and methods only compute, or have code that is read on its own. */
import * as tf from '@tensorflow/tfjs';
import { isHarmless, isProxy, reached } from './harmless.ts';
import {
  ambiguous,
  changing,
  functionsOfTensorFlow,
  globals,
  names,
  namesOf,
  namesOfTensorFlow,
  namesOutside,
  pure,
} from './library-functions.ts';
import type { Outside, Used } from './outside.ts';
import { methodsOf } from './own-methods.ts';
import type { Callee } from './source.ts';

/** What a module is called, by people and by what bundles modules. */
const moduleName = /^_*tf(js)?[_$\d]*$|tensorflow|_import(ed)?_/i;
/** So many functions of TensorFlow.js are called of nothing but TensorFlow.js. */
const enough = 3;

/** Whether nobody can change what it is: a number, a text, a tensor. */
export const isFixed = (value: unknown): boolean =>
  (typeof value !== 'object' && typeof value !== 'function') ||
  value === null ||
  (!isProxy(value) && value instanceof tf.Tensor);

export const isCollection = (value: unknown): boolean =>
  isFixed(value) || Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set;

export interface Caller extends Used {
  /** All objects whose methods are read anyway. */
  readonly layers: ReadonlySet<unknown>;
  readonly outside: Outside;
  /** Has another function read. @returns whether it will be. */
  readonly read: (used: Used, isOfBatch: boolean, isOutside?: boolean) => boolean;
}

/** Whether a function or a method only computes, or is read on its own. */
export function isKnown(callee: Callee, caller: Caller): boolean {
  const { name, owners } = callee;
  const { code, object, layers, outside, read } = caller;
  const given = givenTo(callee, caller);
  const isRead = (used: Used | 'known') =>
    used === 'known' || read({ ...used, given }, callee.isGivenTensors, !layers.has(used.object));
  if (owners === undefined) {
    const used = outside.functionOf(caller, name);
    return used === undefined
      ? name === Object.getOwnPropertyDescriptor(code, 'name')?.value || isKnownFunction(callee)
      : isRead(used);
  }
  if (owners.length === 0) return names.has(name);
  return owners.every(({ root, path }) => {
    if (root === 'this') {
      const values = object === undefined ? undefined : reached(object, path);
      // Of what nobody sees, this is a weight.
      if (values === undefined) return name === 'read';
      return values.every((value) => {
        if (isHarmless(value, layers) && names.has(name)) return true;
        const members = reached(value, [name]) ?? [];
        if (members.length > 0 && members.every((one) => functionsOfTensorFlow.has(one))) return true;
        const isOther =
          typeof value === 'object' && value !== null && (layers.has(value) || !isHarmless(value, layers));
        const found = isOther ? methodsOf(value).filter((one) => one.name === name) : [];
        for (const { code } of found) read({ code, object: value, given }, callee.isGivenTensors);
        return found.length > 0 || (value === object && names.has(name));
      });
    }
    const called = outside.methodsOf(caller, { root, path }, name);
    if (called !== undefined) return called.every(isRead);
    const isList = (value: unknown) => isCollection(value) && !isFixed(value);
    if (changing.has(name) && outside.valuesOf(caller, { root, path })?.some(isList)) return false;
    // `f.call(…)` calls `f`.
    if (['call', 'apply', 'bind'].includes(name)) {
      const owners = path.length === 0 ? undefined : [{ root, path: path.slice(0, -1) }];
      // The first is `this`.
      const given = callee.given.slice(1);
      return isKnown({ ...callee, name: path.at(-1) ?? (owners ? '' : root), owners, given }, caller);
    }
    const isModule = outside.isTensorFlow(caller, root) ?? moduleName.test(root);
    if (isModule) return names.has(name);
    return Object.hasOwn(globalThis, root) ? isOfPure(root, path, name) : isKnownMethod(callee, root);
  });
}

/** The arguments that a callee may change something by. */
function givenTo({ given }: Callee, caller: Caller): ReadonlyMap<number, unknown> {
  const values = new Map<number, unknown>();
  for (const [k, owners] of given.entries()) {
    const found = owners.map((owner) => caller.outside.valuesOf(caller, owner));
    const isUnseen = found.some((one) => one === undefined);
    const changeable = found.flatMap((one) => one ?? []).filter((value) => !isFixed(value));
    if (isUnseen || changeable.length > 0) values.set(k, isUnseen || changeable.length > 1 ? undefined : changeable[0]);
  }
  return values;
}

/** Whether a function that is called by its name alone is one of TensorFlow.js's or of the language. */
function isKnownFunction({ name, count, isGiven, beside }: Callee): boolean {
  if (globals.has(name)) return true;
  return namesOfTensorFlow.has(name) && count > 0 && (!ambiguous.has(name) || (isGiven && isTensorFlow(beside(''))));
}

/** Whether a method of something outside is one of a tensor, a layer or a collection. */
function isKnownMethod({ name, isGiven, beside }: Callee, root: string): boolean {
  return namesOutside.has(name) && (!ambiguous.has(name) || (isGiven && isTensorFlow(beside(root))));
}

const isTensorFlow = (called: ReadonlySet<string>): boolean =>
  [...called].filter((one) => namesOfTensorFlow.has(one)).length >= enough;

/** Whether a function of JavaScript's own computes: `Math.max`, and not `Date.now`. */
function isOfPure(root: string, path: readonly (string | undefined)[], name: string): boolean {
  let at: unknown = globalThis;
  for (const key of [root, ...path]) at = (at as Record<string, unknown> | undefined)?.[key ?? ''];
  const known = pure.find((one) => one === at);
  return known !== undefined && namesOf(known).includes(name);
}
