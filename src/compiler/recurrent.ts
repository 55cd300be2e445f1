/**
 * Recurrent layers as loops. TensorFlow.js unrolls them: 784 steps are 64,000 kernels, and ONNX Runtime takes a minute to
 * load them. While a function is traced a recurrent layer runs its cell once, on free values, and the gradient of that one
 * step makes the loop backward through time.
 */
import * as tf from '@tensorflow/tfjs';
import { cellRepeats } from './cell-repeats.ts';
import { sizeOf } from './dtype.ts';
import { float, type Value } from './graph.ts';
import { Loop } from './loop.ts';
import type { Recorder } from './recorder.ts';
import type { Emitter, Sym } from './symbol.ts';

/**
 * Gradients fade on their way back through time. Where they become denormal numbers, processors are ten times slower; numbers
 * this small count as zero.
 */
const FADED = 1e-30;
const flushed = (e: Emitter, x: Value): Value => e.unary('Shrink', x, { lambd: float(FADED), bias: float(0) });

/** Shorter sequences are unrolled. */
const SHORT = 4;

interface Cell extends tf.layers.Layer {
  readonly stateSize: number | number[];
  /** The cells of a stack. */
  readonly cells?: Cell[];
  dropoutMask?: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask?: tf.Tensor | tf.Tensor[] | null;
}

interface Recurrent extends tf.layers.Layer {
  readonly cell: Cell;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  getInitialState(inputs: tf.Tensor): tf.Tensor[];
}

interface CallArguments {
  readonly mask?: tf.Tensor | null;
  readonly training?: boolean;
  readonly initialState?: tf.Tensor[] | null;
}

/** The parts of the engine a loop needs: an operation with several outputs and a gradient of its own. */
interface Engine {
  readonly state: { activeTape: unknown };
  runKernelFunc(call: {
    forwardFunc: () => tf.Tensor[];
    backwardsFunc: (dy: tf.Tensor | tf.Tensor[]) => Record<string, () => tf.Tensor>;
    inputs: Record<string, tf.Tensor>;
  }): tf.Tensor[];
  gradients(
    f: () => tf.Tensor,
    xs: tf.Tensor[],
    dy: tf.Tensor | undefined,
    allowNone: boolean,
  ): { grads: (tf.Tensor | null)[] };
}

type Call = (inputs: tf.Tensor | tf.Tensor[], kwargs: CallArguments) => tf.Tensor | tf.Tensor[];

/** What recurrent layers trace with. */
export interface Rolling {
  /** Gives the cells back the dropout masks they had: they keep those of a call up to the next. */
  forgetMasks(): void;
  undo(): void;
}

/** Lets recurrent layers trace as loops. */
export function rollRecurrentLayers(recorder: Recorder): Rolling {
  const prototype = tf.RNN.prototype as unknown as { call: Call };
  const unrolled = prototype.call;
  const masks = new Map<Cell, Pick<Cell, 'dropoutMask' | 'recurrentDropoutMask'>>();
  const remember = (cell: Cell): void => {
    const { dropoutMask, recurrentDropoutMask } = cell;
    if (!masks.has(cell)) masks.set(cell, { dropoutMask, recurrentDropoutMask });
    for (const inner of cell.cells ?? []) remember(inner);
  };
  prototype.call = function (this: Recurrent, inputs, kwargs) {
    remember(this.cell);
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const plain = x.rank === 3 && x.shape[1]! >= SHORT && !kwargs?.mask && !this.stateful;
    if (!plain || (Array.isArray(inputs) && inputs.length > 1)) return unrolled.call(this, inputs, kwargs);
    return tf.tidy(() => {
      const rolled = new Rolled(recorder, this, x, kwargs ?? {});
      return rolled.isLoop() ? rolled.run() : unrolled.call(this, inputs, kwargs);
    });
  };
  return {
    forgetMasks: () => {
      for (const [cell, before] of masks) {
        for (const name of ['dropoutMask', 'recurrentDropoutMask'] as const) {
          if (cell[name] === before[name]) continue;
          if (cell[name]) tf.dispose(cell[name]);
          cell[name] = before[name];
        }
      }
      masks.clear();
    },
    undo: () => {
      prototype.call = unrolled;
    },
  };
}

class Rolled {
  readonly #recorder: Recorder;
  readonly #layer: Recurrent;
  readonly #engine = tf.engine() as unknown as Engine;
  readonly #training: boolean | undefined;
  /** [steps, batch, features] */
  readonly #x: tf.Tensor;
  readonly #initial: tf.Tensor[];
  readonly #weights: tf.Tensor[];

  constructor(recorder: Recorder, layer: Recurrent, x: tf.Tensor, { training, initialState }: CallArguments) {
    this.#recorder = recorder;
    this.#layer = layer;
    this.#training = training;
    const inTime = tf.transpose(x, [1, 0, 2]);
    this.#x = layer.goBackwards ? tf.reverse(inTime, 0) : inTime;
    this.#initial = initialState ?? layer.getInitialState(x);
    this.#weights = [...new Set(layer.cell.weights.map((weight) => weight.read()))];
  }

  /** Whether all steps are one: see `cellRepeats`. */
  isLoop(): boolean {
    const { emitter: e } = this.#recorder;
    const free = ({ shape }: { shape: number[] }) => this.#recorder.tensor(e.sym(e.free('float32', shape)));
    const state = [free({ shape: this.#x.shape.slice(1) }), ...this.#initial.map(free)];
    const step = () => this.#layer.cell.call(state, { training: this.#training }) as tf.Tensor[];
    return cellRepeats(this.#recorder, this.#layer, this.#x.shape[0], step);
  }

  run(): tf.Tensor | tf.Tensor[] {
    const { returnSequences, returnState } = this.#layer;
    const inputs: Record<string, tf.Tensor> = { x: this.#x };
    for (const [i, state] of this.#initial.entries()) inputs[`state${i}`] = state;
    for (const [i, weight] of this.#weights.entries()) inputs[`weight${i}`] = weight;
    const forward = new Forward(this.#recorder, this.#layer, this.#x, this.#initial, this.#training);
    let backward: Record<string, Sym | undefined> | undefined;
    const [sequence, ...states] = this.#engine.runKernelFunc({
      inputs,
      forwardFunc: () => forward.outputs.map((sym) => this.#recorder.tensor(sym)),
      backwardsFunc: (dys) => {
        const gradients: Record<string, () => tf.Tensor> = {};
        for (const [name, input] of Object.entries(inputs)) {
          gradients[name] = () => {
            backward ??= this.#backward(forward, dys as tf.Tensor[]);
            const sym = backward[name];
            return sym ? this.#recorder.tensor(sym) : tf.zerosLike(input);
          };
        }
        return gradients;
      },
    });
    // The output of a step is its first state in every cell of TensorFlow.js; a cell of the user may differ.
    const last = forward.outputIsState >= 0 ? states[forward.outputIsState] : lastOf(sequence);
    const output = returnSequences ? tf.transpose(sequence, [1, 0, 2]) : last;
    return returnState ? [output, ...states] : output;
  }

  #backward(forward: Forward, [dSequence, ...dStates]: tf.Tensor[]): Record<string, Sym | undefined> {
    const { emitter: e } = this.#recorder;
    const steps = this.#x.shape[0];
    const loop = new Loop(e, steps, { reverse: true, forward: forward.loop });
    const dOutputs = this.#recorder.symbol(dSequence);
    // Only the last output was used: the gradient by the others is one zero.
    const dOutput = dOutputs.value.data
      ? e.sym(dOutputs.value, forward.output.shape)
      : e.sym(loop.scanned(forward.output.shape, e.full(dOutputs)));
    const dNext = dStates.map((d) => loop.carried(e.full(this.#recorder.symbol(d))));

    const x = forward.x;
    const states = forward.states;
    const wanted = [x, ...states, ...this.#weights];
    const tape = this.#engine.state.activeTape;
    const { grads } = this.#engine.gradients(
      () => {
        const [output, ...next] = forward.step();
        const parts = [
          tf.mul(output, this.#recorder.tensor(dOutput)),
          ...next.map((s, i) => tf.mul(s, this.#recorder.tensor(e.sym(flushed(e, dNext[i]))))),
        ];
        return tf.addN(parts.map((part) => tf.sum(part)));
      },
      wanted,
      undefined,
      true,
    );
    this.#engine.state.activeTape = tape;
    const symbols = grads.map((g) => (g ? this.#recorder.symbol(g) : undefined));
    const [dx, ...rest] = symbols;
    const dPrevious = states.map((s, i) => (rest[i] ? e.full(rest[i]) : e.full(e.splat(0, s.shape, 'float32'))));
    const dInitial = loop.close(dPrevious);
    const result: Record<string, Sym | undefined> = {};
    if (dx) result.x = e.sym(this.#everyStep(loop, e.full(dx), steps));
    for (const [i, d] of dInitial.entries()) result[`state${i}`] = e.sym(d);
    for (const i of this.#weights.keys()) {
      const d = rest[states.length + i];
      if (d) result[`weight${i}`] = e.sym(loop.sum(e.full(d)));
    }
    return result;
  }

  #everyStep(loop: Loop, value: Value, steps: number): Value {
    const { emitter: e } = this.#recorder;
    return loop.kind(value) > 0 ? loop.stack(value) : e.expand(value, [steps, ...value.shape]);
  }
}

/** The loop through time, and the step it repeats. */
class Forward {
  readonly loop: Loop;
  /** The free values of a step, as tensors. */
  readonly x: tf.Tensor;
  readonly states: tf.Tensor[];
  readonly output: Sym;
  /** Which of the next states the output of a step is; −1 for none. */
  readonly outputIsState: number;
  /** [sequence of outputs, …last states] */
  readonly outputs: Sym[];
  readonly #layer: Recurrent;
  readonly #training: boolean | undefined;

  constructor(recorder: Recorder, layer: Recurrent, x: tf.Tensor, initial: tf.Tensor[], training: boolean | undefined) {
    this.#layer = layer;
    this.#training = training;
    const { emitter: e } = recorder;
    const engine = tf.engine() as unknown as Engine;
    const steps = x.shape[0];
    const loop = new Loop(e, steps);
    this.loop = loop;
    // Kept: the gradient runs the step again, on the same free values.
    const tensor = (value: Value): tf.Tensor => recorder.lasting(recorder.tensor(e.sym(value)));
    this.x = tensor(loop.scanned(x.shape.slice(1), e.full(recorder.symbol(x))));
    this.states = initial.map((state) => tensor(loop.carried(e.full(recorder.symbol(state)))));
    const tape = engine.state.activeTape;
    const [output, ...next] = tf.tidy(() => this.step()).map((t) => recorder.symbol(t));
    engine.state.activeTape = tape;
    const nextValues = next.map((s) => e.full(s));
    const last = loop.close(nextValues);
    this.output = output;
    const value = e.full(output);
    this.outputIsState = nextValues.indexOf(value);
    const sequence: Sym =
      layer.returnSequences || this.outputIsState < 0
        ? e.sym(loop.stack(value))
        : e.splat(0, [steps, ...output.shape], 'float32');
    this.outputs = [sequence, ...last.map((v) => e.sym(v))];
  }

  step(): tf.Tensor[] {
    return this.#layer.cell.call([this.x, ...this.states], { training: this.#training }) as tf.Tensor[];
  }
}

/** The last step of a sequence. */
function lastOf(sequence: tf.Tensor): tf.Tensor {
  const [steps, ...shape] = sequence.shape;
  if (sizeOf(shape) === 0) return tf.zeros(shape);
  return tf.reshape(tf.slice(sequence, [steps - 1], [1]), shape);
}
