/** What a compiled function is to whoever calls it. */
import type * as tf from '@tensorflow/tfjs';
import type { Input } from './inputs.ts';
import type { Program } from './program.ts';
import type { VersionOptions } from './versions.ts';

export interface CompileOptions extends VersionOptions {
  /** The optimizers the function applies: their learning rates and step counts are read and kept at every call. */
  readonly optimizers?: readonly tf.Optimizer[];
  /** The seed of the function's random numbers (dropout and the like). */
  readonly seed?: number;
  /** What the function is called in errors. */
  readonly name?: string;
}

/** What a compiled function gives, on the host. */
export interface Output {
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** `Out`: the names of the outputs. */
export interface RunOptions<Out extends string = string> {
  /** The call number random numbers are drawn for; by default the calls are counted. */
  readonly call?: number;
  /** Values to use for these variables in this call alone, in row-major order. */
  readonly values?: ReadonlyMap<tf.Variable, Float32Array>;
  /** Looks at the outputs before the variables change; if it says no, they stay as before the call. */
  readonly accept?: (outputs: Readonly<Record<Out, Output>>) => boolean;
}

/** A function of TensorFlow.js that runs in ONNX Runtime. `Out`: the names of its outputs. */
export interface Compiled<Out extends string = string> {
  /**
   * Runs the function. Elements given without a tensor must fill the input's shape for some size of its open dimension.
   *
   * @throws UnequalError for inputs of another name, type or shape, outputs that change shape between calls, a disposed
   * function or variable. The variables are then as before the call.
   */
  run(inputs: Readonly<Record<string, Input>>, options?: RunOptions<Out>): Promise<Record<Out, Output>>;
  /** Traces and loads the graph for inputs of these shapes, without running it. */
  prepare(shapes: Readonly<Record<string, readonly number[]>>): Promise<Program>;
  /**
   * Moves the variables' values to the backend that is set. Nobody needs to call it: the variables always have the newest
   * values, and TensorFlow.js moves them when a kernel asks. In a browser values on a GPU cannot be had at once, so that it
   * is to be awaited there; elsewhere all is done when it returns.
   */
  sync(): Promise<void>;
  /** Calls so far: with the seed, the state of the random numbers. May be set, to resume. */
  calls: number;
  seed: number;
  /** The programs made so far, one per set of input shapes. */
  readonly programs: readonly Program[];
  /** Frees the sessions; the variables keep their values. */
  dispose(): Promise<void>;
}
