import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { dtypeOf, sizeOf, toData } from './dtype.ts';
import type { Value } from './graph.ts';
import type { Recorder } from './recorder.ts';
import type { Sym } from './symbol.ts';
import { allVariables, forgetVariable } from './take-over.ts';

/**
 * What stands for the data of variables while a function is traced: a data id of its own for each, so that it is seen when a
 * variable is read, and, where it has another at the end, that it was assigned.
 */
export class StandIns {
  /** The variables that were read, with the inputs of the graph that give their values. */
  readonly reads = new Map<tf.Variable, Value>();
  readonly #recorder: Recorder;
  /** Variables that existed before: their own data ids, and the ids that stand for them. */
  readonly #existing = new Map<tf.Variable, { readonly own: object; readonly standIn: object }>();
  readonly #created = new Map<tf.Variable, { readonly initial: Sym; readonly standIn: object }>();
  readonly #variables = new Map<object, tf.Variable>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** Lets symbols stand for the data of all variables that there are, up to `giveBack`. */
  exchange(): void {
    for (const variable of allVariables()) {
      this.#existing.set(variable, { own: variable.dataId, standIn: this.#standFor(variable) });
    }
  }

  /** Variables made during the trace (an optimizer's slots) start from constants and are state like the others. */
  create(variable: tf.Variable): void {
    const initial = this.#recorder.symbol(variable);
    if (!initial.value.data) {
      forgetVariable(variable.name);
      throw fault({
        wrong: `the variable ${variable.name} is created while the function is traced, and not with a constant`,
        mend: 'create it (build its layer) before compiling',
      });
    }
    this.#created.set(variable, { initial, standIn: this.#standFor(variable) });
  }

  /** The symbol of the variable that a data id stands for, if it stands for one. */
  read(dataId: object): Sym | undefined {
    const variable = this.#variables.get(dataId);
    if (variable === undefined) return undefined;
    const { emitter } = this.#recorder;
    let value = this.reads.get(variable);
    if (!value) {
      const dtype = dtypeOf(variable.dtype, `the variable ${variable.name}`);
      value = emitter.input(`variable:${this.reads.size}:${variable.name}`, dtype, variable.shape);
      this.reads.set(variable, value);
    }
    return emitter.sym(value);
  }

  /** The variables that were assigned, with the value they were left with, in TensorFlow.js's order. */
  writes(): Map<tf.Variable, Value> {
    const writes = new Map<tf.Variable, Value>();
    for (const [variable, { standIn }] of [...this.#existing, ...this.#created]) {
      if (variable.isDisposed || variable.dataId === standIn) continue;
      writes.set(variable, this.#recorder.emitter.full(this.#recorder.symbol(variable)));
    }
    return writes;
  }

  /** Gives the variables their own data again, and those that were created the constants they started from. */
  giveBack(): void {
    for (const [variable, { own }] of this.#existing) setDataId(variable, own);
    for (const [variable, { initial }] of this.#created) {
      const tensor = tf.keep(tf.tensor(this.#valuesOf(initial), [...initial.shape], initial.dtype as tf.DataType));
      setDataId(variable, tensor.dataId);
    }
  }

  #standFor(variable: tf.Variable): object {
    const standIn = {};
    this.#variables.set(standIn, variable);
    setDataId(variable, standIn);
    return standIn;
  }

  #valuesOf(initial: Sym): Float32Array {
    const data = initial.value.data!;
    const isSplat = initial.value.shape.length === 0;
    if (isSplat) return toData(initial.dtype, Array(sizeOf(initial.shape)).fill(Number(data[0]))) as Float32Array;
    // A copy: others may have started from the same.
    return this.#recorder.emitter.full(initial).data!.slice() as Float32Array;
  }
}

function setDataId(variable: tf.Variable, dataId: object): void {
  (variable as { dataId: object }).dataId = dataId;
}
