import * as tf from '@tensorflow/tfjs';
import { isNamed, isTensorFlowFunction } from '../tensorflow-classes.ts';
import { Closures } from './closures.ts';
import { isHarmless, isProxy, reached } from './harmless.ts';
import { hidesRegularizer } from './hidden-regularizer.ts';
import {
  ambiguous,
  changing,
  functionsOfTensorFlow,
  globals,
  isOfLibrary,
  names,
  namesOf,
  namesOfTensorFlow,
  namesOutside,
  pure,
} from './library-functions.ts';
import type { CompiledModel } from './model.ts';
import { Outside, type Used } from './outside.ts';
import { methods, methodsOf } from './own-methods.ts';
import type { Owner } from './owners.ts';
import { type Callee, readSource, type Source } from './source.ts';
import { allLayers, isTensorFlows, ownTerms } from './user-code.ts';

type Function = (...args: never[]) => unknown;

/** What a module is called, by people and by what bundles modules. */
const moduleName = /^_*tf(js)?[_$\d]*$|tensorflow|_import(ed)?_/i;
/** So many functions of TensorFlow.js are called of nothing but TensorFlow.js. */
const enough = 3;

/** So many functions are read, at most. */
const most = 300;

/** Methods that TensorFlow.js gives tensors of a batch to. */
const ofBatches = new Set(['call', 'apply', 'computeMask']);

/**
 * What the code of the user's in a model does beside computing from its inputs, as far as its source tells: the loss that assigns to a
 * counter, the layer that asks a generator for its next number. What a trace of such code computes once, the program means to be computed
 * anew at every step.
 */
export function readOwnCode(model: CompiledModel): OwnCode {
  const closures = new Closures();
  try {
    return readAll(model, new Outside(closures, isOfLibrary));
  } finally {
    closures.close();
  }
}

function readAll(model: CompiledModel, outside: Outside): OwnCode {
  const found: { -readonly [K in keyof OwnCode]: OwnCode[K] } = {};
  const layers = new Set<unknown>(allLayers(model).flatMap(partsOf));
  const all: OwnFunction[] = [...ownFunctions(model)].map((one) => {
    const used = outside.unbound(one.code, one.object);
    return { ...one, ...used, isOutside: used.object !== one.object && !layers.has(used.object) };
  });
  const entries = all.length;
  // Functions outside and methods of other objects are read when they are called.
  for (const [at, one] of all.entries()) {
    const { what, code, object, place, isOfBatch, isOutside, given } = one;
    const read: Caller['read'] = (used, isOfBatch, isFurther = isOutside) => {
      const isKnown = all.some((known) => isSame(known, used) && (known.isOfBatch || !isOfBatch));
      if (!isKnown && all.length < most) all.push({ what, ...used, place, isOfBatch, isOutside: isFurther });
      return isKnown || all.length < most;
    };
    const valuesOf = (owner: Owner) => outside.valuesOf(one, owner);
    const { changes, asks, unclear } = readSource(
      Function.prototype.toString.call(code),
      (callee) => isKnown(callee, { ...one, layers, outside, read }),
      {
        // What a setter is given it keeps elsewhere. Nobody looks at what is outside of the model.
        isSeen: (path) => !isOutside && object !== undefined && reached(object, path) !== undefined,
        isOfBatch,
        given: new Set(given?.keys()),
        onUse: (owner) => {
          const used = outside.readBy(one, owner);
          if (used !== undefined) read(used, false, owner.root === 'this' ? isOutside : !layers.has(used.object));
        },
        // What a step is given of it TensorFlow.js takes.
        mayReturn: (owner) => at < entries || (valuesOf(owner)?.every(isFixed) ?? false),
        isCollection: (owner) => valuesOf(owner)?.every(isCollection) ?? true,
      },
    );
    const changed = changes && `${what}, which changes ${changes}`;
    const asked = asks && `${what}, which calls ${asks}`;
    found.changes ??= changed;
    found.asks ??= asked;
    if (place !== 'beside') found.scored ??= changed ?? asked;
    found.unclear ??= unclear && `${what}, which calls ${unclear}`;
  }
  const hiding = allLayers(model).find(hidesRegularizer);
  found.unclear ??= hiding && `a regularizer of the layer ${hiding.name}, which none of its fields has`;
  return found;
}

export interface OwnCode extends Source {
  /** What scores would do, too: of `changes` and `asks` in a loss or a layer. */
  readonly scored?: string;
}

/** A function of the user's that a step runs. */
interface OwnFunction extends Used {
  readonly what: string;
  /** Scores call losses and layers, and not what is beside them: metrics and optimizers. */
  readonly place: 'loss' | 'layer' | 'beside';
  /** Whether what it is given is of a batch. Slots of optimizers begin with what they are made of, or as large. */
  readonly isOfBatch: boolean;
  /** Whether what it is a method of is no part of the model. */
  readonly isOutside?: boolean;
}

const isSame = (a: Used, b: Used): boolean =>
  a.code === b.code &&
  a.object === b.object &&
  (a.given?.size ?? 0) === (b.given?.size ?? 0) &&
  [...(a.given ?? [])].every(([k, value]) => b.given!.has(k) && Object.is(b.given!.get(k), value));

/** Whether nobody can change what it is: a number, a text, a tensor. */
const isFixed = (value: unknown): boolean =>
  (typeof value !== 'object' && typeof value !== 'function') ||
  value === null ||
  (!isProxy(value) && value instanceof tf.Tensor);

const isCollection = (value: unknown): boolean =>
  isFixed(value) || Array.isArray(value) || ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set;

interface Caller extends Used {
  /** All objects whose methods are read anyway. */
  readonly layers: ReadonlySet<unknown>;
  readonly outside: Outside;
  /** Has another function read. @returns whether it will be. */
  readonly read: (used: Used, isOfBatch: boolean, isOutside?: boolean) => boolean;
}

/** Whether a function or a method only computes, or is read on its own. */
function isKnown(callee: Callee, caller: Caller): boolean {
  const { name, owners } = callee;
  const { code, object, layers, outside, read } = caller;
  const given = givenTo(callee, caller);
  const isRead = (used: Used | 'known') =>
    used === 'known' || read({ ...used, given }, callee.isGivenTensors, !layers.has(used.object));
  if (owners === undefined) {
    const used = outside.functionOf(caller, name);
    return used === undefined ? name === code.name || isKnownFunction(callee) : isRead(used);
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
    if (moduleName.test(root)) return names.has(name);
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

/** A layer, and what it is made with. */
const partsOf = (layer: tf.layers.Layer): object[] => [layer, ...Object.values(layer).filter(isNamed)];

/** The functions of the user's that a step calls. */
function* ownFunctions(model: CompiledModel): Generator<OwnFunction> {
  const { optimizer, loss } = model;
  const { metrics } = model as unknown as { metrics: unknown };
  for (const code of functionsIn(loss)) yield { what: 'the loss', code, place: 'loss', isOfBatch: true };
  for (const code of functionsIn(metrics)) yield { what: 'a metric', code, place: 'beside', isOfBatch: true };
  for (const layer of allLayers(model)) {
    for (const code of ownTerms(layer))
      yield { what: `what the layer ${layer.name} adds to the loss`, code, place: 'loss', isOfBatch: true };
    for (const object of partsOf(layer)) {
      for (const code of methods(object)) {
        // What others are given their calls tell.
        const isOfBatch = ofBatches.has(code.name);
        yield { what: `the layer ${layer.name}`, code, object, place: 'layer', isOfBatch };
      }
    }
  }
  if (isTensorFlows(optimizer)) return;
  const what = `the optimizer ${optimizer.getClassName()}`;
  for (const code of methods(optimizer)) yield { what, code, object: optimizer, place: 'beside', isOfBatch: false };
}

/** The functions in what `compile` was given: one, a list, or by the names of outputs. */
function functionsIn(spec: unknown): Function[] {
  if (typeof spec === 'function') return isTensorFlowFunction(spec) ? [] : [spec as Function];
  return typeof spec === 'object' && spec !== null ? Object.values(spec).flatMap(functionsIn) : [];
}
