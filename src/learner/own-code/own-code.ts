import type * as tf from '@tensorflow/tfjs';
import { isNamed, isTensorFlowFunction } from '../../tensorflow-classes.ts';
import type { CompiledModel } from '../model.ts';
import { allLayers, isTensorFlows, ownTerms } from '../user-code.ts';
import { type AnyFunction, Closures } from './closures.ts';
import { reached } from './harmless.ts';
import { hidesRegularizer } from './hidden-regularizer.ts';
import { type Caller, isCollection, isFixed, isKnown } from './known-callees.ts';
import { isOfLibrary } from './library-functions.ts';
import { Outside, type Used } from './outside.ts';
import { methods } from './own-methods.ts';
import type { Owner } from './owners.ts';
import { readSource, type Source } from './source.ts';

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
  const outside = new Outside(closures, isOfLibrary);
  try {
    return { ...readAll(model, outside), isAsRead: outside.watch() };
  } catch {
    // Objects of a program may forbid to be looked at, and calls may be nested too deep to be followed.
    return { unclear: 'code that cannot be read' };
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
  let others: string | undefined;
  // Functions outside and methods of other objects are read when they are called.
  for (const [at, one] of all.entries()) {
    const { what, code, object, place, isOfBatch, isOutside, given } = one;
    const read: Caller['read'] = (used, isOfBatch, isFurther = isOutside) => {
      const isKnown = all.some((known) => isSame(known, used) && (known.isOfBatch || !isOfBatch));
      if (!isKnown && all.length < most) all.push({ what, ...used, place, isOfBatch, isOutside: isFurther });
      return isKnown || all.length < most;
    };
    const valuesOf = (owner: Owner) => outside.valuesOf(one, owner);
    const isList = (owner: Owner) => valuesOf(owner)?.every(isCollection) ?? true;
    const { changes, changesByCall, says, asks, unclear, other } = readSource(
      Function.prototype.toString.call(code),
      (callee) => isKnown(callee, { ...one, layers, outside, read }),
      {
        // What a setter is given it keeps elsewhere. Nobody looks at what is outside of the model.
        isSeen: (path) => !isOutside && object !== undefined && reached(object, path) !== undefined,
        isOfBatch,
        given: new Set(given?.keys()),
        onUse: (owner) => {
          const used = outside.readBy(one, owner);
          const isFurther = owner.root === 'this' ? isOutside : !layers.has(used?.object);
          if (used !== undefined && !read(used, false, isFurther)) found.unclear ??= `${what}, which calls too much`;
        },
        // What the model's own functions return goes to TensorFlow.js.
        mayReturn: (owner) => at < entries || (valuesOf(owner)?.every(isFixed) ?? false),
        isCollection: isList,
        uses: {
          isValue: (owner) => outside.isValue(one, owner),
          isCollection: isList,
          isOutside: (name) => outside.has(one, name),
        },
      },
    );
    const who = at < entries ? `${what}, which` : `${what}, in which ${nameOf(code)}`;
    const changed = changes && `${who} ${changesByCall ? 'calls' : 'changes'} ${changes}`;
    const asked = asks && `${who} calls ${asks}`;
    found.changes ??= changed;
    found.asks ??= asked;
    // Whether methods beside it are called at every call nobody knows.
    if (at < entries && (place !== 'layer' || isOfBatch)) found.says ??= says && `${what}, which calls ${says}`;
    if (place !== 'beside') found.scored ??= changed ?? asked;
    found.unclear ??= unclear && `${who} calls ${unclear}`;
    others ??= other && `${who} uses ${other}`;
  }
  // Where more was read than the model's own code, nothing may go by a name that is not followed.
  if (all.length > entries || all.some(({ isOutside }) => isOutside)) found.unclear ??= others;
  const hiding = allLayers(model).find(hidesRegularizer);
  found.unclear ??= hiding && `a regularizer of the layer ${hiding.name}, which none of its fields has`;
  return found;
}

export interface OwnCode extends Source {
  /** What scores would do, too: of `changes` and `asks` in a loss or a layer. */
  readonly scored?: string;
  /** Whether what was read is still what is called, unless a program has exchanged it. */
  readonly isAsRead?: () => boolean;
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

/** A getter may be in its place, which nobody runs. */
const nameOf = (code: AnyFunction): string =>
  Object.getOwnPropertyDescriptor(code, 'name')?.value || 'a function without a name';

const isSame = (a: Used, b: Used): boolean =>
  a.code === b.code &&
  a.object === b.object &&
  (a.given?.size ?? 0) === (b.given?.size ?? 0) &&
  [...(a.given ?? [])].every(([k, value]) => b.given!.has(k) && Object.is(b.given!.get(k), value));

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
        const isOfBatch = ofBatches.has(nameOf(code));
        yield { what: `the layer ${layer.name}`, code, object, place: 'layer', isOfBatch };
      }
    }
  }
  if (isTensorFlows(optimizer)) return;
  const what = `the optimizer ${optimizer.getClassName()}`;
  for (const code of methods(optimizer)) yield { what, code, object: optimizer, place: 'beside', isOfBatch: false };
}

/** The functions in what `compile` was given: one, a list, or by the names of outputs. */
function functionsIn(spec: unknown): AnyFunction[] {
  if (typeof spec === 'function') return isTensorFlowFunction(spec) ? [] : [spec as AnyFunction];
  return typeof spec === 'object' && spec !== null ? Object.values(spec).flatMap(functionsIn) : [];
}
