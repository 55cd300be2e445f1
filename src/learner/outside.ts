import * as tf from '@tensorflow/tfjs';
import type { AnyFunction, Closures } from './closures.ts';
import { fieldOf, isOfTensors, isProxy, reached } from './harmless.ts';
import { argumentOf, type Owner } from './owners.ts';

/** A function of the user's that another calls or may call. */
export interface Used {
  readonly code: AnyFunction;
  /** What it is a method of. */
  readonly object?: unknown;
  /** The values of those of its arguments that are there before the call; undefined for one that nobody sees. */
  readonly given?: ReadonlyMap<number, unknown>;
}

/** How functions look whose calls run what their source says, from its beginning. */
const plain = new Set(['Function']);

/** What functions reach outside of themselves, where the engine tells. */
export class Outside {
  /** @param isLibrary whether a function is TensorFlow.js's, which only computes. */
  constructor(
    private readonly closures: Closures,
    private readonly isLibrary: (code: unknown) => boolean,
  ) {}

  /** What is called by a name alone. @returns `'known'` for what only computes; undefined where it is not known. */
  functionOf(from: Used, name: string): Used | 'known' | undefined {
    const found = this.#variable(from, name);
    return found && this.#used(found.value);
  }

  /** The methods that are called of something outside; undefined where they are not all known. */
  methodsOf(from: Used, { root, path }: Owner, name: string): (Used | 'known')[] | undefined {
    const found = this.#variable(from, root);
    if (found === undefined) return undefined;
    const objects = path.length === 0 ? [found.value] : reached(found.value, path);
    const all = (objects ?? []).map((object) => {
      const [member] = (isObject(object) && fieldOf(object, name)) || [];
      return this.#used(member, object);
    });
    const known = all.filter((one) => one !== undefined);
    return known.length > 0 && known.length === all.length ? known : undefined;
  }

  /** The user's code that runs when this is read, or may when it is handed on: a getter, or the function itself. */
  readBy(from: Used, { root, path }: Owner): Used | undefined {
    let { value } = root === 'this' ? { value: from.object } : (this.#variable(from, root) ?? {});
    let object: unknown;
    for (const key of path) {
      if (key === undefined || !isObject(value)) return undefined;
      const getter = getterOf(value, key);
      if (getter !== undefined) {
        const isHarmless = this.isLibrary(getter) || exportsAgain.test(sourceOf(getter));
        return isHarmless ? undefined : { code: getter, object: value };
      }
      object = value;
      [value] = fieldOf(value, key) ?? [];
    }
    const used = this.#used(value, object);
    return used === 'known' ? undefined : used;
  }

  /** A bound function is what it calls. */
  unbound(code: AnyFunction, object?: unknown): Used {
    const { bound } = this.closures.of(code) ?? {};
    return bound ? this.unbound(bound.target, bound.self) : { code, object };
  }

  /** What an owner is; undefined where nobody sees it. */
  valuesOf(from: Used, { root, path }: Owner): unknown[] | undefined {
    if (root === 'this') return from.object === undefined ? undefined : reached(from.object, path);
    const found = this.#variable(from, root);
    return found && reached(found.value, path);
  }

  #variable({ code, given }: Used, name: string): { readonly value: unknown } | undefined {
    const argument = argumentOf(name);
    if (argument !== undefined) {
      const value = given?.get(argument);
      return value === undefined ? undefined : { value };
    }
    const scope = this.closures.of(code)?.scopes.find((one) => Object.hasOwn(one, name));
    return scope && { value: scope[name] };
  }

  #used(value: unknown, object?: unknown): Used | 'known' | undefined {
    if (typeof value !== 'function' || isProxy(value)) return undefined;
    if (this.isLibrary(value)) return 'known';
    const used = this.unbound(value as AnyFunction, object);
    const source = sourceOf(used.code);
    if (source === ofGradient) return this.functionOf(used, 'f');
    // A class, a generator and what is asynchronous do something else when they are called.
    const isPlain = plain.has(used.code.constructor.name) && !/^class\b|\[native code\]/.test(source);
    return isPlain ? used : undefined;
  }
}

const sourceOf = (code: unknown): string => Function.prototype.toString.call(code);

/** The getters of a module that was compiled to CommonJS. */
const exportsAgain = /^(function \w*\s*\(\)\s*\{\s*return [\w$.]+;?\s*\}|\(\)\s*=>\s*[\w$.]+)$/;

/** What `tf.customGrad(f)` gives, which calls `f`. */
const ofGradient = sourceOf(tf.customGrad((x) => ({ value: x as tf.Tensor, gradFunc: (dy: tf.Tensor) => dy })));

const isObject = (value: unknown): value is object =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  !isProxy(value) &&
  // What these do is TensorFlow.js's.
  !isOfTensors(value);

function getterOf(object: object, key: string): AnyFunction | undefined {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, key);
    if (found !== undefined) return found.get;
  }
  return undefined;
}
