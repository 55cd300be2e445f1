/** Puts a recorder in the place of TensorFlow.js's backend, and everything back afterwards. */
import * as tf from '@tensorflow/tfjs';
import { lightGradients } from './gradients.ts';
import type { Recorder } from './recorder.ts';
import { recorderName } from './recording-backend.ts';
import { rollRecurrentLayers } from './recurrent.ts';
import { watchDraws } from './watch-draws.ts';

/** The parts of TensorFlow.js's engine that a trace takes over. */
interface Engine {
  backendName: string;
  backendInstance: tf.KernelBackend;
  readonly state: {
    numTensors: number;
    numBytes: number;
    numDataBuffers: number;
    profiling: boolean;
    readonly registeredVariables: Record<string, tf.Variable>;
    readonly activeScope: { readonly name?: string } | undefined;
    readonly tensorInfo: { get(dataId: object): { readonly backend: unknown } | undefined };
  };
  makeVariable(initial: tf.Tensor, trainable?: boolean, name?: string, dtype?: tf.DataType): tf.Variable;
  runKernel(name: string, inputs: Record<string, tf.TensorInfo>, attrs?: object): unknown;
  disposeTensor(tensor: tf.Tensor): void;
  keep(tensor: tf.Tensor): tf.Tensor;
  runKernelFunc(kernel: object): unknown;
  clone(tensor: tf.Tensor): tf.Tensor;
}

export interface Watch {
  /** A variable was created. */
  created(variable: tf.Variable): void;
  /** A tensor is to outlive the scope it was made in. */
  kept(tensor: tf.Tensor): void;
  /** A function of `tf.customGrad` is called that is not TensorFlow.js's own. */
  ownGradient(): void;
  /** `Math.random()` was asked for a number: the seed of a draw. */
  seeded(seed: string): void;
}

/**
 * The operations of TensorFlow.js whose gradients are functions of `tf.customGrad`, as it calls their scopes, and what only looks at a
 * gradient.
 */
const handWritten: ReadonlySet<string> = new Set(
  ['fusedMatMul', 'fusedConv2d', 'fusedDepthwiseConv2d', 'logSigmoid', 'logSoftmax', 'softmaxCrossEntropy']
    .concat('watchGradient')
    .map((name) => `${name}__op`),
);

const engineOf = (): Engine => tf.engine() as unknown as Engine;

/** All variables there are. */
export const allVariables = (): tf.Variable[] => Object.values(engineOf().state.registeredVariables);

export function forgetVariable(name: string): void {
  delete engineOf().state.registeredVariables[name];
}

export interface TakenOver {
  /** Takes away what TensorFlow.js's own layers keep from a call to the next. To be called when the function has run. */
  forget(): void;
  giveBack(): void;
  /** What the function has disposed of that was there before. It lives on until it is known that the trace is a good one. */
  readonly spared: readonly tf.Tensor[];
}

/** Takes over. */
export function takeOver(recorder: Recorder, watch: Watch): TakenOver {
  const unwatchDraws = watchDraws(watch.seeded);
  const engine = engineOf();
  const original = Object.getPrototypeOf(engine) as Engine;
  const { state, backendName, backendInstance } = engine;
  const before = { tensors: state.numTensors, bytes: state.numBytes, buffers: state.numDataBuffers };

  // They would look at the values of every tensor, and there are none.
  const { profiling } = state;
  const { flags } = tf.env() as unknown as { readonly flags: { DEBUG?: boolean } };
  const debugging = flags.DEBUG;
  state.profiling = flags.DEBUG = false;

  engine.backendName = recorderName;
  engine.backendInstance = recorder;
  engine.runKernel = (name, inputs, attrs) => {
    if (!tf.getKernel(name, recorderName)) throw recorder.missing(name, inputs);
    return original.runKernel.call(engine, name, inputs, attrs);
  };
  engine.makeVariable = (...args) => {
    const variable = original.makeVariable.apply(engine, args);
    watch.created(variable);
    return variable;
  };
  // The engine keeps clones of its own for the gradient; nobody else calls its method `clone`.
  const own = new WeakSet<tf.Tensor>();
  engine.clone = (tensor) => {
    const clone = original.clone.call(engine, tensor);
    own.add(clone);
    return clone;
  };
  engine.keep = (tensor) => {
    if (!own.has(tensor)) watch.kept(tensor);
    return original.keep.call(engine, tensor);
  };
  engine.runKernelFunc = (kernel) => {
    if (!('kernelName' in kernel) && !handWritten.has(state.activeScope?.name ?? '')) watch.ownGradient();
    return original.runKernelFunc.call(engine, kernel);
  };
  // Should the trace fail, all is as it was before: tensors of other backends stay.
  const spared: tf.Tensor[] = [];
  engine.disposeTensor = (tensor) => {
    const info = state.tensorInfo.get(tensor.dataId);
    if (info !== undefined && info.backend !== recorder) spared.push(tensor);
    else original.disposeTensor.call(engine, tensor);
  };
  const name = nameLayers(recorder);
  const rolling = rollRecurrentLayers(recorder);
  const heavyGradients = lightGradients();

  const giveBack = (): void => {
    rolling.forgetMasks();
    rolling.undo();
    heavyGradients();
    name();
    unwatchDraws();
    delete (engine as Partial<Engine>).runKernel;
    delete (engine as Partial<Engine>).makeVariable;
    delete (engine as Partial<Engine>).disposeTensor;
    delete (engine as Partial<Engine>).keep;
    delete (engine as Partial<Engine>).runKernelFunc;
    delete (engine as Partial<Engine>).clone;
    for (const tensor of spared) (tensor as unknown as { isDisposedInternal: boolean }).isDisposedInternal = false;
    engine.backendName = backendName;
    engine.backendInstance = backendInstance;
    state.profiling = profiling;
    if (debugging === undefined) delete flags.DEBUG;
    else flags.DEBUG = debugging;
    state.numTensors = before.tensors;
    state.numBytes = before.bytes;
    state.numDataBuffers = before.buffers;
  };
  return { forget: rolling.forgetMasks, giveBack, spared };
}

/** Tells the recorder which layer is being applied. */
function nameLayers({ layers }: Recorder): () => void {
  const prototype = tf.layers.Layer.prototype;
  const { apply } = prototype;
  prototype.apply = function (this: tf.layers.Layer, ...args) {
    layers.push(this.name);
    try {
      return apply.apply(this, args);
    } finally {
      layers.pop();
    }
  };
  return () => {
    prototype.apply = apply;
  };
}
