/**
 * Compiles a function of tensors: traced once per set of input shapes, run by ONNX Runtime.
 */
import type * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { type Checks, checkedOptions, elsewhere, seeding, text, when } from '../options.ts';
import type { Compiled, CompileOptions, Output, RunOptions } from './compiled.ts';
import { type Device, deviceOf, isLostDevice } from './device.ts';
import { feedsOf, memoryOf } from './feeds.ts';
import { runInto } from './given-memory.ts';
import { type Input, type InputSpec, Signature } from './inputs.ts';
import { addIterations } from './learning-rate.ts';
import type { OrtTensor } from './onnx-runtime.ts';
import type { Placed } from './placed.ts';
import type { Program } from './program.ts';
import { Programs } from './programs.ts';
import { loadRuntime, type Runtime } from './runtime.ts';
import { addChange, areAtHand, fetchValues, isGone, moveToBackend, place, setValue } from './state.ts';
import type { Traceable } from './trace.ts';
import { markUncompiled } from './uncompiled.ts';

const functionOnly = when((value) => typeof value === 'function', 'a function');
const isOptimizer = (value: unknown): boolean =>
  typeof (value as { applyGradients?: unknown } | null)?.applyGradients === 'function';

const checks: Checks<CompileOptions> = {
  optimizers: when((value) => Array.isArray(value) && value.every(isOptimizer), 'a list of optimizers'),
  seed: seeding,
  name: text,
  version: functionOnly,
  doubt: functionOnly,
  part: functionOnly,
  trusted: functionOnly,
  around: functionOnly,
  changed: functionOnly,
  runtime: elsewhere,
  executionProviders: elsewhere,
  threads: elsewhere,
  graphOptimizationLevel: elsewhere,
};

/**
 * Makes a compiled function out of `fn`, which may use its inputs, constants, and read and assign variables.
 *
 * The function is traced for each combination of input shapes it meets; a batch of another size is another program over
 * the same variables. Everything in it that is not a tensor (branches, numbers) is as it was when it was traced, up to the
 * next call with another `version`.
 *
 * @param fn takes its inputs by name and returns its outputs by name; it must not read a tensor's values.
 * @param signature the inputs by name.
 * @throws UnequalError for a signature or options that it cannot have.
 *
 * @example
 * ```ts
 * const double = compile(({ x }) => ({ y: x.mul(2) }), { x: { shape: [null] } });
 * const { y: doubled } = await double.run({ x: tf.tensor1d([1, 2]) });
 * await double.dispose();
 * ```
 */
export function compile<In extends string, Out extends string>(
  fn: Traceable<In, Out>,
  signature: Readonly<Record<In, InputSpec>>,
  options: CompileOptions = {},
): Compiled<Out> {
  if (typeof fn !== 'function')
    throw fault({ wrong: 'nothing to compile', got: fn ?? 'nothing', expected: 'a function' });
  // The names are checked when it is traced and run.
  return new CompiledFunction(fn as Traceable, signature, checkedOptions('compile', options, checks));
}

/**
 * Calls of a program until none of the variables that it writes is assigned by other code meanwhile. Each begins with what
 * was assigned, so that neither is lost. Where other code is never done, the changes of the last call are added to its own.
 */
const mostTries = 3;

/** Runs share the variables, so they take turns. */
let turn: Promise<unknown> = Promise.resolve();

class CompiledFunction implements Compiled {
  calls = 0;
  seed: number;
  readonly #signature: Signature;
  readonly #name: string;
  readonly #options: CompileOptions;
  readonly #programs: Programs;
  #disposed = false;
  #told = false;

  constructor(fn: Traceable, signature: Readonly<Record<string, InputSpec>>, options: CompileOptions) {
    this.#options = options;
    this.seed = options.seed ?? 0;
    this.#name = options.name ?? 'the compiled function';
    this.#signature = new Signature(signature, this.#name);
    this.#programs = new Programs(fn, this.#signature, this.#name, options);
  }

  get programs(): readonly Program[] {
    return this.#programs.all;
  }

  async run(inputs: Readonly<Record<string, Input>>, options: RunOptions = {}): Promise<Record<string, Output>> {
    this.#requireAlive();
    const result = turn.then(() => this.#run(inputs, options));
    turn = result.catch(() => undefined);
    return result;
  }

  async prepare(shapes: Readonly<Record<string, readonly number[]>>): Promise<Program> {
    this.#requireAlive();
    const list = this.#signature.ordered(shapes);
    const result = turn.then(() => this.#programs.of(list));
    turn = result.catch(() => undefined);
    return result;
  }

  async sync(): Promise<void> {
    const variables = new Set<tf.Variable>();
    for (const program of this.programs) for (const [v] of program.writes) variables.add(v);
    if (!areAtHand(variables)) await fetchValues(variables);
    moveToBackend(variables);
  }

  /** Runs that were asked for before are made. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await turn;
    await this.#programs.release();
  }

  async #run(inputs: Readonly<Record<string, Input>>, options: RunOptions): Promise<Record<string, Output>> {
    const runtime = await loadRuntime(this.#options);
    const shapes = this.#signature.shapes(inputs);
    const program = await this.#programs.of(shapes);
    const device = await deviceOf(runtime, this.#options);
    const written = new Set(program.writes.map(([variable]) => variable));
    // What is written comes back from the session on the device; the rest would be sent at every call.
    const read = program.reads.map(([variable]) => variable).filter((variable) => !options.values?.has(variable));
    for (let again = mostTries - 1; ; again--) {
      await place(device ? read.filter((variable) => !written.has(variable)) : read, runtime, device);
      const call = { inputs, shapes, call: options.call ?? this.calls, seed: this.seed, values: options.values };
      const { feeds, used } = feedsOf(program, this.#signature, call, runtime, device);
      const ids = program.writes.map(([variable]) => variable.dataId);
      const results = await this.#call(program, runtime, feeds, used, shapes, device);
      const taken = new Set<OrtTensor>();
      try {
        const stale = program.writes.some(([variable], i) => variable.dataId !== ids[i] && !isGone(variable));
        if (stale && again > 0) continue;
        if (stale) this.#tellOfOthers();
        const outputs: Record<string, Output> = {};
        for (const { name, port, shape } of program.outputs) {
          outputs[name] = { data: results[port].data as Float32Array, shape };
        }
        if (options.call === undefined) this.calls++;
        if (options.accept && !options.accept(outputs)) return outputs;
        for (const [i, [variable, name]] of program.writes.entries()) {
          if (isGone(variable)) continue;
          if (variable.dataId === ids[i]) {
            setValue(variable, results[name], device);
            taken.add(results[name]);
            continue;
          }
          const before = program.reads.find(([read]) => read === variable)?.[1];
          if (before !== undefined) await addChange(variable, feeds[before], results[name]);
        }
        for (const [optimizer, count] of program.iterations) addIterations(optimizer, count);
        return outputs;
      } finally {
        for (const result of Object.values(results)) {
          if (result.location === 'gpu-buffer' && !taken.has(result)) result.dispose();
        }
      }
    }
  }

  #tellOfOthers(): void {
    if (this.#told) return;
    this.#told = true;
    console.warn(
      `unequal: other code assigns the variables that ${this.#name} writes at each turn; their changes are added up, as if each was made of what was there before the other`,
    );
  }

  async #call(
    program: Program,
    runtime: Runtime,
    feeds: Record<string, OrtTensor>,
    used: readonly Placed[],
    shapes: readonly (readonly number[])[],
    device: Device | undefined,
  ): Promise<Readonly<Record<string, OrtTensor>>> {
    try {
      if (device?.isLost) throw device.lostFault(this.#name);
      const { session, takesMemory } = program;
      const run = () => (takesMemory ? runInto(session, feeds, memoryOf(program, runtime)) : session.run(feeds));
      const results = await used.reduce((inner, value) => () => value.use(inner), run)();
      // What a lost device gives is nothing to go on with.
      if (device?.isLost) throw device.lostFault(this.#name);
      return results;
    } catch (cause) {
      device?.noteLoss(cause);
      if (device?.isLost) throw isLostDevice(cause) ? cause : device.lostFault(this.#name);
      throw markUncompiled(
        fault({
          wrong: `${this.#name} failed: ${cause instanceof Error ? cause.message : cause}`,
          got: this.#signature.names.map((name, i) => `${name} [${shapes[i]}]`).join(', '),
          mend: 'the variables are as before the call',
          cause,
        }),
      );
    }
  }

  #requireAlive(): void {
    if (this.#disposed) throw fault({ wrong: `${this.#name} was disposed`, mend: 'compile it again' });
  }
}
