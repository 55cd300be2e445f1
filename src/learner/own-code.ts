import type * as tf from '@tensorflow/tfjs';
import { isNamed, isTensorFlowFunction } from '../tensorflow-classes.ts';
import { Closures } from './closures.ts';
import { isHarmless, reached } from './harmless.ts';
import { hidesRegularizer } from './hidden-regularizer.ts';
import {
  ambiguous,
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
  // Functions outside and methods of other objects are read when they are called.
  for (const { what, code, object, place, isOfBatch, isOutside } of all) {
    const read: Caller['read'] = (used, isOfBatch, isFurther = isOutside) => {
      const isKnown = all.some(
        (one) => one.code === used.code && one.object === used.object && (one.isOfBatch || !isOfBatch),
      );
      if (!isKnown && all.length < most) all.push({ what, ...used, place, isOfBatch, isOutside: isFurther });
      return isKnown || all.length < most;
    };
    const { changes, asks, unclear } = readSource(
      Function.prototype.toString.call(code),
      (callee) => isKnown(callee, { code, object, layers, outside, read }),
      {
        // What a setter is given it keeps elsewhere. Nobody looks at what is outside of the model.
        isSeen: (path) => !isOutside && object !== undefined && reached(object, path) !== undefined,
        isOfBatch,
        onUse: (owner) => {
          const used = owner.root === 'this' ? undefined : outside.readBy(code, owner);
          if (used !== undefined) read(used, false, !layers.has(used.object));
        },
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

/** A function of the user's. */
interface OwnFunction {
  readonly what: string;
  readonly code: Function;
  /** What it is a method of. */
  readonly object?: unknown;
  /** Scores call losses and layers, and not what is beside them: metrics and optimizers. */
  readonly place: 'loss' | 'layer' | 'beside';
  /** Whether what it is given is of a batch. Slots of optimizers begin with what they are made of, or as large. */
  readonly isOfBatch: boolean;
  /** Whether what it is a method of is no part of the model. */
  readonly isOutside?: boolean;
}

interface Caller extends Pick<OwnFunction, 'code' | 'object'> {
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
  const isRead = (used: Used | 'known') =>
    used === 'known' || read(used, callee.isGivenTensors, !layers.has(used.object));
  if (owners === undefined) {
    const used = outside.functionOf(code, name);
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
        for (const { code } of found) read({ code, object: value }, callee.isGivenTensors);
        return found.length > 0 || (value === object && names.has(name));
      });
    }
    const called = outside.methodsOf(code, { root, path }, name);
    if (called !== undefined) return called.every(isRead);
    // `f.call(…)` calls `f`.
    if (['call', 'apply', 'bind'].includes(name)) {
      const owners = path.length === 0 ? undefined : [{ root, path: path.slice(0, -1) }];
      return isKnown({ ...callee, name: path.at(-1) ?? (owners ? '' : root), owners }, caller);
    }
    if (moduleName.test(root)) return names.has(name);
    return Object.hasOwn(globalThis, root) ? isOfPure(root, path, name) : isKnownMethod(callee, root);
  });
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
