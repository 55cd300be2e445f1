import * as tf from '@tensorflow/tfjs';
import { isNamed, isTensorFlowFunction, isTensorFlowMethod } from '../tensorflow-classes.ts';
import type { CompiledModel } from './model.ts';
import { readSource, type Source } from './source.ts';
import { allLayers, isTensorFlows } from './user-code.ts';

type Function = (...args: never[]) => unknown;

/** Namespaces whose functions compute from their inputs alone. */
const pure: readonly object[] = [
  ...[tf, tf.losses, tf.metrics, tf.math, tf.image, tf.linalg, tf.signal, tf.spectral, tf.fused, tf.util],
  ...[tf.Tensor.prototype, tf.Variable.prototype, tf.layers.Layer.prototype, tf.Optimizer.prototype],
  ...[Math, Object, Array, Array.prototype, Number, Number.prototype, String.prototype, Float32Array, Map.prototype],
  ...[Set.prototype, console],
];

/** What reads a weight of a layer, and global functions and classes that compute from their inputs alone. */
const globals =
  `read Array Boolean Error Float32Array Float64Array Int32Array Map Number Object RangeError Set String TypeError
  Uint8Array isFinite isNaN parseFloat parseInt`.split(/\s+/);

/** Methods that are called before training, or not in it. */
const aside = new Set(['constructor', 'build', 'getConfig', 'computeOutputShape', 'getClassName']);

const names: ReadonlySet<string> = new Set([...pure.flatMap((one) => namesOf(one)), ...globals]);

/**
 * What the code of the user's in a model does beside computing from its inputs, as far as its source tells: the loss that assigns to a
 * counter, the layer that asks a generator for its next number. What a trace of such code computes once, the program means to be computed
 * anew at every step.
 */
export function readOwnCode(model: CompiledModel): Source {
  const found: { changes?: string; unclear?: string } = {};
  for (const [what, functions] of ownFunctions(model)) {
    const own = new Set(functions.map(({ name }) => name));
    for (const one of functions) {
      const { changes, unclear } = readSource(
        Function.prototype.toString.call(one),
        (name) => names.has(name) || own.has(name),
      );
      if (changes !== undefined) found.changes ??= `${what}, which changes ${changes}`;
      if (unclear !== undefined) found.unclear ??= `${what}, which calls ${unclear}`;
    }
  }
  return found;
}

/** The functions of the user's that a step calls, by what they belong to. */
function* ownFunctions(model: CompiledModel): Generator<[string, Function[]]> {
  const { optimizer, loss } = model;
  const { metrics } = model as unknown as { metrics: unknown };
  for (const one of functionsIn(loss)) yield ['the loss', [one]];
  for (const one of functionsIn(metrics)) yield ['a metric', [one]];
  for (const layer of allLayers(model)) {
    for (const part of [layer, ...Object.values(layer).filter(isNamed)])
      yield [`the layer ${layer.name}`, methods(part)];
  }
  if (!isTensorFlows(optimizer)) yield [`the optimizer ${optimizer.getClassName()}`, methods(optimizer)];
}

/** The functions in what `compile` was given: one, a list, or by the names of outputs. */
function functionsIn(spec: unknown): Function[] {
  if (typeof spec === 'function') return isTensorFlowFunction(spec) ? [] : [spec as Function];
  return typeof spec === 'object' && spec !== null ? Object.values(spec).flatMap(functionsIn) : [];
}

/** The methods of an object that are not TensorFlow.js's, and the functions in its fields. */
function methods(object: object): Function[] {
  const all: Function[] = [];
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && !aside.has(name) && !isTensorFlowMethod(name, value)) all.push(value);
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
