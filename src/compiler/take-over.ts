/** Puts a recorder in the place of TensorFlow.js's backend, and everything back afterwards. */
import * as tf from '@tensorflow/tfjs';
import { RECORDER, type Recorder } from './recorder.ts';
import { rollRecurrentLayers } from './recurrent.ts';

/** The parts of TensorFlow.js's engine that a trace takes over. */
interface Engine {
  backendName: string;
  backendInstance: tf.KernelBackend;
  readonly state: {
    numTensors: number;
    numBytes: number;
    numDataBuffers: number;
    readonly registeredVariables: Record<string, tf.Variable>;
    readonly tensorInfo: { get(dataId: object): { readonly backend: unknown } | undefined };
  };
  makeVariable(initial: tf.Tensor, trainable?: boolean, name?: string, dtype?: tf.DataType): tf.Variable;
  runKernel(name: string, inputs: Record<string, tf.TensorInfo>, attrs?: object): unknown;
  disposeTensor(tensor: tf.Tensor): void;
}

export interface Watch {
  /** A variable was created. */
  created(variable: tf.Variable): void;
  /** `Math.random()` was asked for a number: the seed of a draw. */
  seeded(seed: string): void;
}

const engineOf = (): Engine => tf.engine() as unknown as Engine;

/** All variables there are. */
export const allVariables = (): tf.Variable[] => Object.values(engineOf().state.registeredVariables);

export function forgetVariable(name: string): void {
  delete engineOf().state.registeredVariables[name];
}

/** Takes over; returns what gives back. */
export function takeOver(recorder: Recorder, watch: Watch): () => void {
  const engine = engineOf();
  const original = Object.getPrototypeOf(engine) as Engine;
  const { state, backendName, backendInstance } = engine;
  const before = { tensors: state.numTensors, bytes: state.numBytes, buffers: state.numDataBuffers };

  engine.backendName = RECORDER;
  engine.backendInstance = recorder;
  engine.runKernel = (name, inputs, attrs) => {
    if (!tf.getKernel(name, RECORDER)) throw recorder.missing(name, inputs);
    return original.runKernel.call(engine, name, inputs, attrs);
  };
  engine.makeVariable = (...args) => {
    const variable = original.makeVariable.apply(engine, args);
    watch.created(variable);
    return variable;
  };
  // Tensors of other backends that are disposed during the trace really go; everything else is undone at the end.
  engine.disposeTensor = (tensor) => {
    const real = state.tensorInfo.get(tensor.dataId)?.backend !== recorder;
    const { numTensors, numBytes, numDataBuffers } = state;
    original.disposeTensor.call(engine, tensor);
    if (!real) return;
    before.tensors -= numTensors - state.numTensors;
    before.bytes -= numBytes - state.numBytes;
    before.buffers -= numDataBuffers - state.numDataBuffers;
  };
  const random = Math.random;
  Math.random = () => {
    const value = random();
    watch.seeded(value.toString());
    return value;
  };
  const name = nameLayers(recorder);
  const unroll = rollRecurrentLayers(recorder);

  return () => {
    unroll();
    name();
    Math.random = random;
    delete (engine as Partial<Engine>).runKernel;
    delete (engine as Partial<Engine>).makeVariable;
    delete (engine as Partial<Engine>).disposeTensor;
    engine.backendName = backendName;
    engine.backendInstance = backendInstance;
    state.numTensors = before.tensors;
    state.numBytes = before.bytes;
    state.numDataBuffers = before.buffers;
  };
}

/** Tells the recorder which layer is being applied, and takes a layer's fixed seed away: it would make its noise a constant. */
function nameLayers({ layers }: Recorder): () => void {
  const prototype = tf.layers.Layer.prototype;
  const { apply } = prototype;
  prototype.apply = function (this: tf.layers.Layer & { seed?: unknown }, ...args) {
    layers.push(this.name);
    const { seed } = this;
    if (seed !== undefined) this.seed = undefined;
    try {
      return apply.apply(this, args);
    } finally {
      if (seed !== undefined) this.seed = seed;
      layers.pop();
    }
  };
  return () => {
    prototype.apply = apply;
  };
}
