import * as tf from '@tensorflow/tfjs';
import { isNamed, isTensorFlowFunction, isTensorFlowMethod } from '../tensorflow-classes.ts';
import { isHarmless, reached } from './harmless.ts';
import { hidesRegularizer } from './hidden-regularizer.ts';
import type { CompiledModel } from './model.ts';
import { type Callee, readSource, type Source } from './source.ts';
import { allLayers, isTensorFlows, ownTerms } from './user-code.ts';

type Function = (...args: never[]) => unknown;

/** Namespaces of TensorFlow.js, and what has methods that people call of things outside. */
const common: readonly object[] = [
  ...[tf, tf.losses, tf.metrics, tf.math, tf.image, tf.linalg, tf.signal, tf.spectral, tf.fused],
  ...[tf.Tensor.prototype, tf.Variable.prototype, tf.layers.Layer.prototype, tf.Optimizer.prototype],
  ...[Array.prototype, Number.prototype, String.prototype, Float32Array, Map.prototype, Set.prototype],
];
/** Namespaces whose functions compute from their inputs alone. */
const pure: readonly object[] = [...common, tf.util, Math, Object, Array, Number, console];

/** What reads a weight of a layer, and global functions and classes that compute from their inputs alone. */
const globals = new Set(
  `read Array Boolean Error Float32Array Float64Array Int32Array Map Number Object RangeError Set String TypeError
  Uint8Array isFinite isNaN parseFloat parseInt`.split(/\s+/),
);

/**
 * Functions of TensorFlow.js and methods of collections whose names objects that keep something have for their methods, too: counters,
 * schedules, generators, running means. Of an object that nobody sees they may be either.
 */
const ambiguous: ReadonlySet<string> = new Set(
  `add at data fill find get has max mean memory min now pool print prod profile rand random range ready repeat search shuffle step
  sum time train transform unique update value values`.split(/\s+/),
);

/** What a module is called, by people and by what bundles modules. */
const moduleName = /^_*tf(js)?[_$\d]*$|tensorflow|_import(ed)?_/i;
/** So many functions of TensorFlow.js are called of nothing but TensorFlow.js. */
const enough = 3;

/** Methods that are called before training, or not in it. */
const aside = new Set(['constructor', 'build', 'getConfig', 'computeOutputShape', 'getClassName']);

/** Methods that TensorFlow.js gives tensors of a batch to. */
const ofBatches = new Set(['call', 'apply', 'computeMask']);

const names: ReadonlySet<string> = new Set([...pure.flatMap((one) => namesOf(one)), ...globals]);
const namesOutside: ReadonlySet<string> = new Set(common.flatMap((one) => namesOf(one)));
const namesOfTensorFlow: ReadonlySet<string> = new Set(namesOf(tf));
const functionsOfTensorFlow: ReadonlySet<unknown> = new Set(common.flatMap((one) => Object.values(one)));

/**
 * What the code of the user's in a model does beside computing from its inputs, as far as its source tells: the loss that assigns to a
 * counter, the layer that asks a generator for its next number. What a trace of such code computes once, the program means to be computed
 * anew at every step.
 */
export function readOwnCode(model: CompiledModel): OwnCode {
  const found: { -readonly [K in keyof OwnCode]: OwnCode[K] } = {};
  const layers = new Set<unknown>(allLayers(model).flatMap(partsOf));
  const all = [...ownFunctions(model)];
  // Methods of other objects are read when they are called.
  for (const { what, code, object, place, isOfBatch } of all) {
    const read = (of: unknown, method: Function, isOfBatch: boolean) => {
      const isKnown = all.some((one) => one.code === method && one.object === of && (one.isOfBatch || !isOfBatch));
      if (!isKnown) all.push({ what, code: method, object: of, place, isOfBatch });
    };
    const { changes, asks, unclear } = readSource(
      Function.prototype.toString.call(code),
      (callee) => isKnown(callee, { code, object, layers, read }),
      {
        // What a setter is given it keeps elsewhere.
        isSeen: (path) => object !== undefined && reached(object, path) !== undefined,
        isOfBatch,
      },
    );
    const changed = changes && `${what}, which changes ${changes}`;
    const asked = asks && `${what}, which calls ${asks}`;
    found.changes ??= changed;
    found.asks ??= asked;
    // A layer's question often has one answer, such as a mask.
    if (place !== 'beside') found.scored ??= changed ?? (place === 'loss' ? asked : undefined);
    found.unclear ??= unclear && `${what}, which calls ${unclear}`;
  }
  const hiding = allLayers(model).find(hidesRegularizer);
  found.unclear ??= hiding && `a regularizer of the layer ${hiding.name}, which none of its fields has`;
  return found;
}

export interface OwnCode extends Source {
  /** What scores would do, too: of `changes` in a loss or a layer, and of `asks` in a loss. */
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
}

interface Caller extends Pick<OwnFunction, 'code' | 'object'> {
  /** All objects whose methods are read anyway. */
  readonly layers: ReadonlySet<unknown>;
  /** Has a method of an object read. */
  readonly read: (object: unknown, method: Function, isOfBatch: boolean) => void;
}

/** Whether a function or a method only computes, or is read on its own. */
function isKnown(callee: Callee, caller: Caller): boolean {
  const { name, owners } = callee;
  const { code, object, layers, read } = caller;
  if (owners === undefined) return name === code.name || isKnownFunction(callee);
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
        const found = isOther ? methods(value, name) : [];
        for (const one of found) read(value, one, callee.isGivenTensors);
        return found.length > 0 || (value === object && names.has(name));
      });
    }
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

/** The methods and getters of an object that are not TensorFlow.js's, and the functions in its fields; those of a name, or all. */
function methods(object: object, only?: string): Function[] {
  const all: Function[] = [];
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (only === undefined ? aside.has(name) : name !== only) continue;
      for (const one of [value, get] as unknown[]) {
        if (typeof one !== 'function' || isTensorFlowMethod(name, one) || functionsOfTensorFlow.has(one)) continue;
        all.push(one as Function);
      }
    }
  }
  return all;
}

function namesOf(object: object): string[] {
  return Object.getOwnPropertyNames(object).filter((name) => {
    const { value } = Object.getOwnPropertyDescriptor(object, name)!;
    return typeof value === 'function';
  });
}
