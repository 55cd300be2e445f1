/** Which code of the user's in an object a step may run. */
import * as tf from '@tensorflow/tfjs';
import { isTensorFlowMethod } from '../../tensorflow-classes.ts';
import type { AnyFunction } from './closures.ts';
import { isOfLibrary } from './library-functions.ts';

/** Methods that are called before training, or not in it. */
const aside = new Set(['constructor', 'build', 'getConfig', 'computeOutputShape', 'getClassName']);

interface Method {
  readonly name: string;
  readonly code: AnyFunction;
  /** Whether it runs where nobody calls it by its name: a getter, and what an object has in a field. */
  readonly isRead: boolean;
}

/** The methods and getters of an object that are not TensorFlow.js's, and the functions in its fields. */
export function methodsOf(object: object): Method[] {
  const all: Method[] = [];
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      for (const one of [value, get] as unknown[]) {
        if (typeof one !== 'function' || isTensorFlowMethod(name, one) || isOfLibrary(one)) continue;
        all.push({ name, code: one as AnyFunction, isRead: one === get || at === object });
      }
    }
  }
  return all;
}

/** The same, of those that a step may call. */
export const methods = (object: object): AnyFunction[] =>
  (object instanceof tf.layers.Layer ? called(object) : methodsOf(object))
    .filter(({ name }) => !aside.has(name))
    .map(({ code }) => code);

/** The methods of a layer that TensorFlow.js calls or that these mention; all of them, where a name is computed. */
function called(layer: tf.layers.Layer): Method[] {
  const ofTensorFlow = namesFrom(layer);
  let rest = methodsOf(layer);
  const all: Method[] = [];
  let sources = '';
  const take = (isTaken: (method: Method) => boolean) => {
    const taken = rest.filter(isTaken);
    rest = rest.filter((one) => !taken.includes(one));
    for (const one of taken) all.push(one);
    sources += taken.filter(({ name }) => !aside.has(name)).map(({ code }) => Function.prototype.toString.call(code));
    return taken.length > 0;
  };
  take(({ name, isRead }) => isRead || ofTensorFlow.has(name));
  while (take(({ name }) => computesName.test(sources) || sources.split(notName).includes(name))) {}
  return all;
}

const computesName = /\bthis\s*(\?\.)?\s*\[/;
const notName = /[^\p{ID_Continue}$]+/u;

/** The names of the methods that an object has from TensorFlow.js. */
function namesFrom(object: object): Set<string> {
  const all = new Set<string>();
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    for (const [name, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if ([value, get].some((one) => typeof one === 'function' && isTensorFlowMethod(name, one))) all.add(name);
  }
  return all;
}
