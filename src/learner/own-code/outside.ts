import * as tf from '@tensorflow/tfjs';
import { isNamed } from '../../tensorflow-classes.ts';
import { elementsOf, isTensorFlows } from '../user-code.ts';
import { type AnyFunction, Closures } from './closures.ts';
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

/** What functions reach outside of themselves, where the engine tells. */
export class Outside {
  /** @param isLibrary whether a function is TensorFlow.js's, which only computes. */
  constructor(
    private readonly closures: Closures,
    private readonly isLibrary: (code: unknown) => boolean,
  ) {}

  /** What was called by a name alone, or was a member of something, and what it was. */
  readonly #seen: { readonly from: AnyFunction; readonly name: string; readonly value: unknown }[] = [];
  readonly #members: { readonly object: object; readonly name: string; readonly value: unknown }[] = [];

  /** @returns what says whether all functions that were read are still what is called, if any were. */
  watch(): (() => boolean) | undefined {
    const [seen, members] = [this.#seen, this.#members];
    if (seen.length + members.length === 0) return undefined;
    return () => {
      if (!members.every(({ object, name, value }) => Object.is(fieldOf(object, name)?.[0], value))) return false;
      if (seen.length === 0) return true;
      const closures = new Closures();
      try {
        return seen.every(({ from, name, value }) => Object.is(variable(closures, from, name)?.value, value));
      } finally {
        closures.close();
      }
    };
  }

  /** What is called by a name alone. @returns `'known'` for what only computes; undefined where it is not known. */
  functionOf(from: Used, name: string): Used | 'known' | undefined {
    const found = this.#variable(from, name);
    const used = found && this.#used(found.value);
    if (typeof used === 'object') this.#seen.push({ from: from.code, name, value: found!.value });
    return used;
  }

  /** The methods that are called of something outside; undefined where they are not all known. */
  methodsOf(from: Used, { root, path }: Owner, name: string): (Used | 'known')[] | undefined {
    const found = this.#variable(from, root);
    if (found === undefined) return undefined;
    const objects = path.length === 0 ? [found.value] : reached(found.value, path);
    const all = (objects ?? []).map((object) => {
      // They only compute; what is assigned to a variable is kept where it should be.
      if (isOfTensors(object)) return 'known';
      const member = this.#member(object, name);
      const used = this.#used(member, object);
      if (typeof used === 'object' && getterOf(object as object, name) === undefined)
        this.#members.push({ object: object as object, name, value: member });
      return used;
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
      if (getter !== undefined && exported(getter) === undefined)
        return this.isLibrary(getter) ? undefined : { code: getter, object: value };
      object = value;
      value = this.#member(value, key);
    }
    const used = this.#used(value, object);
    return used === 'known' ? undefined : used;
  }

  /** Whether there is a variable of that name outside. */
  has(from: Used, name: string): boolean {
    return this.#variable(from, name) !== undefined;
  }

  /** Whether nothing can be changed by it, and none of the program's code runs when it is looked at; undefined where nobody sees it. */
  isValue(from: Used, owner: Owner): boolean | undefined {
    const { root, path } = owner;
    if (path.length === 0 && this.isTensorFlow(from, root)) return true;
    const values = this.valuesOf(from, owner);
    if (values === undefined) return constants.has(root) || undefined;
    return values.every((value) => this.#used(value) !== undefined || isData(value));
  }

  /** Whether something outside is a module of TensorFlow.js; undefined where nobody sees it. */
  isTensorFlow(from: Used, root: string): boolean | undefined {
    const found = this.#variable(from, root);
    if (found === undefined) return undefined;
    const { value } = found;
    // Vitest puts one around modules.
    if (isProxy(value)) return undefined;
    return this.#member(value, 'matMul') === tf.matMul && this.#member(value, 'tidy') === tf.tidy;
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

  /** What is exported by a getter is what that gives; what others give is not known. */
  #member(object: unknown, name: string): unknown {
    if (!isObject(object)) return undefined;
    const getter = getterOf(object, name);
    if (getter === undefined) return fieldOf(object, name)?.[0];
    const [root, ...path] = exported(getter) ?? [];
    const found = root === undefined ? undefined : this.#variable({ code: getter }, root);
    return path.reduce<unknown>((value, key) => this.#member(value, key), found?.value);
  }

  #variable({ code, given }: Used, name: string): { readonly value: unknown } | undefined {
    const argument = argumentOf(name);
    if (argument !== undefined) {
      const value = given?.get(argument);
      return value === undefined ? undefined : { value };
    }
    return variable(this.closures, code, name);
  }

  #used(value: unknown, object?: unknown): Used | 'known' | undefined {
    if (typeof value !== 'function' || isProxy(value)) return undefined;
    if (this.isLibrary(value)) return 'known';
    const used = this.unbound(value as AnyFunction, object);
    const source = sourceOf(used.code);
    if (source === ofGradient) return this.functionOf(used, 'f');
    // A class, a generator and what is asynchronous do something else when they are called.
    const isPlain = Object.getPrototypeOf(used.code) === Function.prototype && !/^class\b|\[native code\]/.test(source);
    return isPlain && !isOfNode(used.code) ? used : undefined;
  }
}

function variable(closures: Closures, code: AnyFunction, name: string): { readonly value: unknown } | undefined {
  const scope = closures.of(code)?.scopes.find((one) => Object.hasOwn(one, name));
  return scope && { value: scope[name] };
}

const sourceOf = (code: unknown): string => Function.prototype.toString.call(code);

/** What is Node's own nobody reads: it keeps much that changes no result. */
function isOfNode(code: unknown): boolean {
  ofNode ??= new Set(
    ['assert', 'util', 'events', 'fs', 'path', 'timers', 'perf_hooks', 'crypto'].flatMap((name) => {
      const module = process.getBuiltinModule(`node:${name}`) as unknown as Record<string, unknown> & {
        prototype?: object;
      };
      const methods = module.prototype ?? {};
      return [module, methods].flatMap((one) =>
        Object.values(Object.getOwnPropertyDescriptors(one)).map(({ value }) => value as unknown),
      );
    }),
  );
  return ofNode.has(code);
}

let ofNode: Set<unknown> | undefined;

/** The names that the getter of an export gives the value of: of `get() { return module.f }`, `module` and `f`. */
function exported(getter: AnyFunction): string[] | undefined {
  const [, long, short] = reExport.exec(sourceOf(getter)) ?? [];
  return (long ?? short)?.split('.');
}

/** As compilers and vitest write them. */
const reExport =
  /^(?:(?:function\s*)?\w*\s*\(\)\s*\{\s*(?:try\s*\{\s*)?return ([\w$.]+);?\s*(?:\}\s*catch\s*\{\s*\}\s*)?\}|\(\)\s*=>\s*([\w$.]+))$/;

/** What `tf.customGrad(f)` gives, which calls `f`. */
const ofGradient = sourceOf(tf.customGrad((x) => ({ value: x as tf.Tensor, gradFunc: (dy: tf.Tensor) => dy })));

const constants = new Set(['undefined', 'NaN', 'Infinity']);

/** Numbers, texts, tensors, layers of TensorFlow.js, and lists and plain objects of them. */
function isData(value: unknown, depth = 2): boolean {
  if (typeof value === 'function') return false;
  if (typeof value !== 'object' || value === null || isOfTensors(value)) return true;
  if (isProxy(value)) return false;
  if (ArrayBuffer.isView(value) || (isNamed(value) && isTensorFlows(value))) return true;
  const isPlain = [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));
  const fields = Object.values(Object.getOwnPropertyDescriptors(value));
  if (!isPlain || depth === 0 || fields.some(({ get, set }) => get ?? set)) return false;
  return elementsOf(value).every((one) => isData(one, depth - 1));
}

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
