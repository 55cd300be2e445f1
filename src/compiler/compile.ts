/**
 * Compiles a function of tensors: traced once per set of input shapes, run by ONNX Runtime.
 */
import type * as tf from '@tensorflow/tfjs';
import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { fault } from '../errors.ts';
import { type Input, type InputSpec, Signature } from './inputs.ts';
import { addIterations, learningRateOf } from './learning-rate.ts';
import type { Program } from './program.ts';
import { fillDraw } from './random.ts';
import { loadRuntime, type Runtime } from './runtime.ts';
import { currentValue, moveToBackend, setValue } from './state.ts';
import type { Traceable } from './trace.ts';
import { markUncompiled } from './uncompiled.ts';
import { type VersionOptions, Versions } from './versions.ts';

export interface CompileOptions extends VersionOptions {
  /** The optimizers the function applies: their learning rates and step counts are read and kept at every call. */
  readonly optimizers?: readonly tf.Optimizer[];
  /** The seed of the function's random numbers (dropout and the like). */
  readonly seed?: number;
  /** What the function is called in errors. */
  readonly name?: string;
}

export interface Output {
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
  readonly shape: readonly number[];
}

export interface RunOptions {
  /** The call number random numbers are drawn for; by default the calls are counted. */
  readonly call?: number;
  /** Values to use for these variables in this call alone, in row-major order. */
  readonly values?: ReadonlyMap<tf.Variable, Float32Array>;
  /** Looks at the outputs before the variables change; if it says no, they stay as before the call. */
  readonly accept?: (outputs: Readonly<Record<string, Output>>) => boolean;
}

export interface Compiled {
  /**
   * Runs the function. Elements given without a tensor must fill the input's shape for some size of its open dimension.
   *
   * @throws UnequalError for inputs of another name, type or shape, outputs that change shape between calls, a disposed
   * function or variable. The variables are then as before the call.
   */
  run(inputs: Readonly<Record<string, Input>>, options?: RunOptions): Promise<Record<string, Output>>;
  /** Traces and loads the graph for inputs of these shapes, without running it. */
  prepare(shapes: Readonly<Record<string, readonly number[]>>): Promise<Program>;
  /**
   * Moves the variables' values to the backend that is set. Nobody needs to call it: the variables always have the newest
   * values, and TensorFlow.js moves them when a kernel asks.
   */
  sync(): void;
  /** Calls so far: with the seed, the state of the random numbers. May be set, to resume. */
  calls: number;
  seed: number;
  /** The programs made so far, one per set of input shapes. */
  readonly programs: readonly Program[];
  /** Frees the sessions; the variables keep their values. */
  dispose(): Promise<void>;
}

/**
 * Makes a compiled function out of `fn`, which may use its inputs, constants, and read and assign variables.
 *
 * The function is traced for each combination of input shapes it meets; a batch of another size is another program over
 * the same variables. Everything in it that is not a tensor (branches, numbers) is as it was when it was traced, up to the
 * next call with another `version`.
 *
 * @param fn takes its inputs by name and returns its outputs by name; it must not read a tensor's values.
 * @param signature the inputs by name.
 *
 * @example
 * ```ts
 * const double = compile(({ x }) => ({ y: x.mul(2) }), { x: { shape: [null] } });
 * const { y: doubled } = await double.run({ x: tf.tensor1d([1, 2]) });
 * await double.dispose();
 * ```
 */
export function compile(
  fn: Traceable,
  signature: Readonly<Record<string, InputSpec>>,
  options: CompileOptions = {},
): Compiled {
  return new CompiledFunction(fn, signature, options);
}

/** Sets of input shapes whose programs are kept. */
const most = 32;

/** Runs share the variables, so they take turns. */
let turn: Promise<unknown> = Promise.resolve();

class CompiledFunction implements Compiled {
  calls = 0;
  seed: number;
  readonly #fn: Traceable;
  readonly #signature: Signature;
  readonly #name: string;
  readonly #options: CompileOptions;
  readonly #versions = new Map<string, Versions>();
  /** The inputs and outputs of the first program. */
  #first: Pick<Program, 'inputs' | 'outputs'> | undefined;
  #disposed = false;

  constructor(fn: Traceable, signature: Readonly<Record<string, InputSpec>>, options: CompileOptions) {
    this.#fn = fn;
    this.#options = options;
    this.seed = options.seed ?? 0;
    this.#name = options.name ?? 'the compiled function';
    this.#signature = new Signature(signature, this.#name);
  }

  get programs(): readonly Program[] {
    return [...this.#versions.values()].flatMap(({ programs }) => programs);
  }

  run(inputs: Readonly<Record<string, Input>>, options: RunOptions = {}): Promise<Record<string, Output>> {
    const result = turn.then(() => this.#run(inputs, options));
    turn = result.catch(() => undefined);
    return result;
  }

  prepare(shapes: Readonly<Record<string, readonly number[]>>): Promise<Program> {
    const list = this.#signature.ordered(shapes);
    const result = turn.then(() => this.#program(list));
    turn = result.catch(() => undefined);
    return result;
  }

  sync(): void {
    const variables = new Set<tf.Variable>();
    for (const program of this.programs) for (const [v] of program.writes) variables.add(v);
    moveToBackend(variables);
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await turn;
    const versions = [...this.#versions.values()];
    this.#versions.clear();
    await Promise.all(versions.map((each) => each.release()));
  }

  async #run(inputs: Readonly<Record<string, Input>>, options: RunOptions): Promise<Record<string, Output>> {
    this.#alive();
    const runtime = await loadRuntime(this.#options);
    const shapes = this.#signature.shapes(inputs);
    const program = await this.#program(shapes);
    const call = options.call ?? this.calls;
    const feeds = this.#feeds(program, runtime, inputs, shapes, call, options.values);
    const ids = program.writes.map(([variable]) => variable.dataId);
    let results: Readonly<Record<string, OrtTensor>>;
    try {
      results = (await program.session.run(feeds)) as Readonly<Record<string, OrtTensor>>;
    } catch (cause) {
      throw markUncompiled(
        fault({
          wrong: `${this.#name} failed: ${cause instanceof Error ? cause.message : cause}`,
          got: this.#signature.names.map((name, i) => `${name} [${shapes[i]}]`).join(', '),
          mend: 'the variables are as before the call',
          cause,
        }),
      );
    }
    const outputs: Record<string, Output> = {};
    for (const { name, port, shape } of program.outputs) {
      outputs[name] = { data: results[port].data as Float32Array, shape };
    }
    if (options.call === undefined) this.calls++;
    if (options.accept && !options.accept(outputs)) return outputs;
    for (const [i, [variable, name]] of program.writes.entries()) {
      // What was assigned from outside during the call wins.
      if (variable.dataId === ids[i] && !variable.isDisposed) setValue(variable, results[name]);
    }
    for (const [optimizer, count] of program.iterations) addIterations(optimizer, count);
    return outputs;
  }

  #feeds(
    program: Program,
    runtime: Runtime,
    inputs: Readonly<Record<string, Input>>,
    shapes: readonly (readonly number[])[],
    call: number,
    values: RunOptions['values'],
  ): Record<string, OrtTensor> {
    const feeds: Record<string, OrtTensor> = {};
    for (const [i, name] of this.#signature.names.entries()) {
      if (!program.used.has(name)) continue;
      const data = this.#signature.data(name, inputs[name]) as Float32Array;
      feeds[name] = new runtime.Tensor(this.#signature.dtype(name) as 'float32', data, shapes[i]);
    }
    for (const [variable, name] of program.reads) {
      const value = values?.get(variable);
      feeds[name] = value ? new runtime.Tensor('float32', value, variable.shape) : currentValue(variable, runtime);
    }
    for (const [optimizer, name] of program.rates) {
      feeds[name] = new runtime.Tensor('float32', Float32Array.of(learningRateOf(optimizer)), []);
    }
    for (const { name, draw, numbers, shape, index } of program.draws) {
      fillDraw(numbers, draw.distribution, this.seed, call, index);
      feeds[name] = new runtime.Tensor('float32', numbers, shape);
    }
    return feeds;
  }

  async #program(shapes: readonly (readonly number[])[]): Promise<Program> {
    this.#alive();
    const key = shapes.join(';');
    let versions = this.#versions.get(key);
    if (versions === undefined) {
      const ports = this.#signature.names.map((name, i) => ({
        name,
        dtype: this.#signature.dtype(name),
        shape: shapes[i],
      }));
      versions = new Versions(this.#fn, ports, this.#options);
    }
    let program: Program;
    try {
      program = await versions.program();
    } catch (error) {
      throw markUncompiled(error);
    }
    if (!this.#versions.has(key)) {
      try {
        this.#consistent(program);
      } catch (error) {
        await versions.release();
        throw error;
      }
    }
    // The one that was used last comes last.
    this.#versions.delete(key);
    this.#versions.set(key, versions);
    for (const [old, stale] of this.#versions) {
      if (this.#versions.size <= most) break;
      this.#versions.delete(old);
      await stale.release();
    }
    return program;
  }

  /** Programs of one function may differ in the open dimensions alone. */
  #consistent(program: Program): void {
    this.#first ??= { inputs: program.inputs, outputs: program.outputs };
    const first = this.#first;
    const show = (p: Pick<Program, 'outputs'>): string => p.outputs.map((o) => `${o.name} [${o.shape}]`).join(', ');
    const open = new Set<number>();
    for (const p of [first, program]) for (const port of p.inputs) for (const d of port.shape) open.add(d);
    const same =
      first.outputs.length === program.outputs.length &&
      program.outputs.every((o, i) => {
        const before = first.outputs[i];
        if (o.name !== before.name || o.shape.length !== before.shape.length) return false;
        return o.shape.every((d, k) => d === before.shape[k] || (open.has(d) && open.has(before.shape[k])));
      });
    if (!same)
      throw fault({
        wrong: `${this.#name}: the outputs change shape between calls`,
        got: show(program),
        expected: show(first),
      });
  }

  #alive(): void {
    if (this.#disposed) throw fault({ wrong: `${this.#name} was disposed`, mend: 'compile it again' });
  }
}
