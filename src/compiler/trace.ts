/**
 * Runs a function once on the recording backend and collects the graph it describes.
 *
 * The variables' data are exchanged for symbols while the function runs and put back afterwards, whatever happens.
 */
import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { isPlain } from '../options.ts';
import { type DType, sizeOf } from './dtype.ts';
import type { Value } from './graph.ts';
import { type Learner, type Rate, type Reading, watchLearningRate } from './learning-rate.ts';
import { type Draw, recognise } from './random.ts';
import { Recorder } from './recorder.ts';
import { registerRecorder } from './recording-backend.ts';
import { StandIns } from './stand-ins.ts';
import { Survivors } from './survivors.ts';
import type { Emitter, Sym } from './symbol.ts';
import { takeOver } from './take-over.ts';
import { drawing } from './watch-draws.ts';

export interface Port {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export interface Trace {
  readonly emitter: Emitter;
  readonly inputs: readonly Value[];
  /** The variables the outputs may depend on. */
  readonly reads: ReadonlyMap<tf.Variable, Value>;
  /** The variables that were assigned, with the value they were left with, in TensorFlow.js's order. */
  readonly writes: ReadonlyMap<tf.Variable, Value>;
  /** The numbers of optimizers that are inputs, by what gives their values. */
  readonly rates: ReadonlyMap<Rate['now'], Value>;
  readonly draws: readonly { readonly draw: Draw; readonly value: Value }[];
  /** How often each optimizer was applied. */
  readonly iterations: ReadonlyMap<tf.Optimizer, number>;
  /** Whether a function of `tf.customGrad` was called that is not TensorFlow.js's own. */
  readonly ownGradients: boolean;
  /** What the function disposes of in a call, and a trace does not. */
  readonly spared: readonly tf.Tensor[];
  readonly outputs: ReadonlyMap<string, Sym>;
}

/** A function of TensorFlow.js that can be compiled: tensors by name in and out. */
export type Traceable<In extends string = string, Out extends string = string> = (
  inputs: Record<In, tf.Tensor>,
) => Record<Out, tf.Tensor>;

/**
 * Traces `fn` with inputs of the given shapes.
 *
 * @throws UnequalError if `fn` reads a tensor's values, keeps a tensor that is not the same at every call, or draws numbers
 * that cannot be drawn again. Whatever `fn` throws passes through. Variables and tensors are then as they were.
 */
export function trace(
  fn: Traceable,
  ports: readonly Port[],
  optimizers: readonly tf.Optimizer[],
  reading: Reading = 'marked',
): Trace {
  tf.backend();
  registerRecorder();
  return new Tracing(optimizers.map((optimizer) => watchLearningRate(optimizer, reading))).run(fn, ports);
}

class Tracing {
  readonly #learners: readonly Learner[];
  readonly #recorder: Recorder;
  readonly #inputs: Value[] = [];
  readonly #rates = new Map<Rate['now'], Value>();
  readonly #draws: { draw: Draw; value: Value }[] = [];
  readonly #standIns: StandIns;
  readonly #survivors: Survivors;
  #seed: string | undefined;
  #ownGradients = false;

  constructor(learners: readonly Learner[]) {
    this.#learners = learners;
    this.#recorder = new Recorder({
      tensor: (dataId) => this.#meaningOf(dataId),
      written: (values, shape, dtype) => this.#written(values, shape, dtype),
      drawn: () => this.#draws.length,
      forgetDraws: (from) => this.#draws.splice(from),
    });
    this.#standIns = new StandIns(this.#recorder);
    this.#survivors = new Survivors(this.#recorder);
  }

  run(fn: Traceable, ports: readonly Port[]): Trace {
    const { emitter } = this.#recorder;
    for (const { name, shape, dtype } of ports) this.#inputs.push(emitter.input(name, dtype, shape));
    const { forget, restore, spared } = this.#begin();
    let outputs: Map<string, Sym>;
    let writes: Map<tf.Variable, Value>;
    let iterations: Map<tf.Optimizer, number>;
    try {
      outputs = tf.tidy(() => this.#call(fn, ports)) as unknown as Map<string, Sym>;
      if (this.#seed !== undefined) throw unrepeatable('nothing is drawn with it');
      writes = this.#standIns.writes();
      forget();
      this.#survivors.check();
      iterations = new Map(this.#learners.map((learner) => [learner.optimizer, learner.applied()]));
    } finally {
      restore();
    }
    this.#survivors.makeReal();
    return {
      emitter,
      inputs: this.#inputs,
      reads: this.#standIns.reads,
      writes,
      rates: this.#rates,
      draws: this.#draws,
      iterations,
      ownGradients: this.#ownGradients,
      // To assign to a variable lets go of what it had, and not of itself.
      spared: spared.filter((tensor) => !(tensor instanceof tf.Variable)),
      outputs,
    };
  }

  #call(fn: Traceable, ports: readonly Port[]): tf.TensorContainer {
    const inputs: Record<string, tf.Tensor> = {};
    ports.forEach(({ name, shape }, i) => {
      inputs[name] = this.#recorder.tensor(this.#recorder.emitter.sym(this.#inputs[i], shape));
    });
    const outputs = new Map<string, Sym>();
    const returned = fn(inputs);
    if (!isPlain(returned)) {
      const got = (returned as unknown) instanceof tf.Tensor ? 'a tensor' : (returned ?? 'nothing');
      throw fault({ wrong: 'a compiled function returns no tensors by name', got, expected: 'such as { y: tensor }' });
    }
    for (const [name, tensor] of Object.entries(returned)) {
      if (!(tensor instanceof tf.Tensor)) {
        throw fault({ wrong: `output ${name} of a compiled function is no tensor`, got: tensor });
      }
      this.#survivors.except(tensor);
      outputs.set(name, this.#recorder.exact(tensor));
    }
    return outputs as unknown as tf.TensorContainer;
  }

  /** Takes TensorFlow.js over and exchanges the variables, up to `restore`. */
  #begin(): { forget: () => void; restore: () => void; spared: readonly tf.Tensor[] } {
    const { forget, giveBack, spared } = takeOver(this.#recorder, {
      created: (variable) => this.#standIns.create(variable),
      kept: (tensor) => this.#survivors.add(tensor),
      ownGradient: () => {
        this.#ownGradients = true;
      },
      seeded: (seed) => {
        if (this.#seed !== undefined) throw unrepeatable('nothing is drawn with it');
        this.#seed = seed;
      },
    });
    this.#standIns.exchange();
    const restore = (): void => {
      for (const learner of this.#learners) learner.leave();
      giveBack();
      this.#standIns.giveBack();
    };
    try {
      for (const learner of this.#learners) learner.enter();
    } catch (error) {
      restore();
      throw error;
    }
    return { forget, restore, spared };
  }

  /** A stand-in is a variable being read; an optimizer's kept scalar is its learning rate. */
  #meaningOf(dataId: object): Sym | undefined {
    const variable = this.#standIns.read(dataId);
    if (variable) return variable;
    for (const learner of this.#learners) {
      const rate = learner.ofTensor(dataId);
      if (rate) return this.#rate(rate);
    }
    return undefined;
  }

  #written(values: ArrayLike<number | boolean>, shape: readonly number[], dtype: DType): Sym | undefined {
    const { emitter } = this.#recorder;
    if (this.#seed !== undefined) {
      const seed = this.#seed;
      this.#seed = undefined;
      const distribution = dtype === 'float32' ? drawing() : undefined;
      const draw = distribution && recognise(values as ArrayLike<number>, distribution, seed);
      if (!draw) throw unrepeatable(`${sizeOf(shape)} numbers follow it`);
      const value = emitter.input(`draw:${this.#draws.length}:${distribution}`, 'float32', shape);
      this.#draws.push({ draw, value });
      const scaled = emitter.binary('Mul', value, emitter.scalar(draw.scale));
      return emitter.sym(emitter.binary('Add', scaled, emitter.scalar(draw.shift)), shape);
    }
    if (values.length === 1 && dtype === 'float32') {
      for (const learner of this.#learners) {
        const rate = learner.ofNumber(Number(values[0]));
        if (rate) return emitter.reshapeSym(this.#rate(rate), shape);
      }
    }
    return undefined;
  }

  #rate({ sign, now }: Rate): Sym {
    const { emitter } = this.#recorder;
    let value = this.#rates.get(now);
    if (!value) {
      value = emitter.input(`learning-rate:${this.#rates.size}`, 'float32', []);
      this.#rates.set(now, value);
    }
    return emitter.sym(sign > 0 ? value : emitter.unary('Neg', value));
  }
}

const unrepeatable = (got: string): Error =>
  fault({
    wrong: 'a compiled function draws random numbers in a way that cannot be repeated',
    got: `a call of Math.random(), and ${got}`,
    expected: 'tf.randomUniform, tf.randomNormal, tf.truncatedNormal or tf.dropout',
  });
