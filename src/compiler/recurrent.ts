/**
 * Recurrent layers as loops. TensorFlow.js unrolls them: 784 steps are 64,000 kernels, and ONNX Runtime takes a minute to
 * load them. While a function is traced a recurrent layer runs its cell once, on free values, and the gradient of that one
 * step makes the loop backward through time.
 */
import * as tf from '@tensorflow/tfjs';
import { fault } from '../errors.ts';
import { cellRepeats } from './cell-repeats.ts';
import { keepMasks } from './dropout-masks.ts';
import { sizeOf } from './dtype.ts';
import { float, type Value } from './graph.ts';
import { Loop } from './loop.ts';
import type { Recorder } from './recorder.ts';
import { heeded, isPlainMask, maskInTime } from './recurrent-mask.ts';
import type { Emitter, Sym } from './symbol.ts';
import { differentiated, gradientDepth, gradientsOf, type Taped, taped, watchGradients } from './tape.ts';

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

/** The part of the engine a loop needs: an operation with several outputs and a gradient of its own. */
interface Engine {
  runKernelFunc(call: {
    forwardFunc: () => tf.Tensor[];
    backwardsFunc: (dy: tf.Tensor | tf.Tensor[]) => Record<string, () => tf.Tensor>;
    inputs: Record<string, tf.Tensor>;
  }): tf.Tensor[];
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
  const masks: (() => void)[] = [];
  // Whether a step is being traced: a recurrent layer in the cell of another is unrolled.
  let within = false;
  prototype.call = function (this: Recurrent, inputs, kwargs) {
    masks.push(keepMasks(this.cell));
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const plain = x.rank === 3 && x.shape[1]! >= SHORT && isPlainMask(kwargs?.mask, x) && !this.stateful;
    // The gradient of a loop cannot be differentiated, and one within another is.
    const single = !within && gradientDepth() <= 1;
    if (!plain || !single || (Array.isArray(inputs) && inputs.length > 1)) return unrolled.call(this, inputs, kwargs);
    return tf.tidy(() => {
      within = true;
      let output: tf.Tensor | tf.Tensor[] | undefined;
      try {
        const rolled = new Rolled(recorder, this, x, kwargs ?? {});
        if (rolled.isLoop()) output = rolled.run();
      } finally {
        within = false;
      }
      return output ?? unrolled.call(this, inputs, kwargs);
    });
  };
  const unwatch = watchGradients();
  return {
    forgetMasks: () => {
      for (const back of masks.splice(0).toReversed()) back();
    },
    undo: () => {
      prototype.call = unrolled;
      unwatch();
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
  /** [steps, batch, 1] */
  readonly #mask: tf.Tensor | undefined;

  constructor(recorder: Recorder, layer: Recurrent, x: tf.Tensor, { training, initialState, mask }: CallArguments) {
    this.#recorder = recorder;
    this.#layer = layer;
    this.#training = training;
    const inTime = tf.transpose(x, [1, 0, 2]);
    this.#x = layer.goBackwards ? tf.reverse(inTime, 0) : inTime;
    this.#initial = initialState ?? layer.getInitialState(x);
    this.#mask = mask ? maskInTime(mask, layer.goBackwards) : undefined;
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
    const forward = new Forward(this.#recorder, this.#layer, this.#x, this.#initial, this.#mask, this.#training);
    for (const [i, tensor] of forward.read.entries()) inputs[`read${i}`] = tensor;
    let backward: Record<string, Sym | undefined> | undefined;
    const [sequence, ...states] = this.#engine.runKernelFunc({
      inputs,
      forwardFunc: () => forward.outputs.map((sym) => this.#recorder.tensor(sym)),
      backwardsFunc: (dys) => {
        if (gradientDepth() > 0) {
          throw fault({
            wrong: `a gradient through the recurrent layer ${this.#layer.name} is differentiated itself`,
            expected: 'a layer that is called in the function whose gradient is taken',
            mend: "use engine: 'eager'",
          });
        }
        const gradients: Record<string, () => tf.Tensor> = {};
        for (const [name, input] of Object.entries(inputs)) {
          gradients[name] = () => {
            backward ??= this.#backward(forward, dys as tf.Tensor[]);
            const sym = backward[name];
            return sym ? this.#recorder.tensor(sym) : tf.zeros(input.shape);
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

    const { x, states, read } = forward;
    const asked = differentiated([this.#x, ...read]);
    const wanted = [...states, ...(asked.has(this.#x) ? [x] : []), ...read.filter((tensor) => asked.has(tensor))];
    const grads = gradientsOf(forward.taped, wanted, () => {
      const [output, ...next] = forward.taped.outputs;
      const parts = [
        tf.mul(output, this.#recorder.tensor(dOutput)),
        ...next.map((s, i) => tf.mul(s, this.#recorder.tensor(e.sym(flushed(e, dNext[i]))))),
      ];
      return tf.addN(parts.map((part) => tf.sum(part)));
    });
    const gradients = new Map(wanted.map((tensor, i) => [tensor, grads[i] && e.full(this.#recorder.symbol(grads[i]))]));
    const dPrevious = states.map((s) => gradients.get(s) ?? e.full(e.splat(0, s.shape, 'float32')));
    const dInitial = loop.close(dPrevious);
    const result: Record<string, Sym | undefined> = {};
    const dx = gradients.get(x);
    if (dx) result.x = e.sym(loop.stack(dx));
    for (const [i, d] of dInitial.entries()) result[`state${i}`] = e.sym(d);
    for (const [i, tensor] of read.entries()) {
      const d = gradients.get(tensor);
      if (d) result[`read${i}`] = e.sym(loop.sum(d));
    }
    return result;
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
  /** One step. Its gradient is that of this very call: a cell may read fields that another layer changes before the gradient. */
  readonly taped: Taped;
  /** What a step depends on beside its input and states: weights, and whatever else the cell reads. */
  readonly read: readonly tf.Tensor[];

  constructor(
    recorder: Recorder,
    layer: Recurrent,
    x: tf.Tensor,
    initial: tf.Tensor[],
    mask: tf.Tensor | undefined,
    training: boolean | undefined,
  ) {
    const { emitter: e } = recorder;
    const steps = x.shape[0];
    const loop = new Loop(e, steps);
    this.loop = loop;
    const tensor = (value: Value): tf.Tensor => recorder.lasting(recorder.tensor(e.sym(value)));
    const scanned = (all: tf.Tensor) => tensor(loop.scanned(all.shape.slice(1), e.full(recorder.symbol(all))));
    this.x = scanned(x);
    this.states = initial.map((state) => tensor(loop.carried(e.full(recorder.symbol(state)))));
    const masked = mask && scanned(mask);
    const free = [this.x, ...this.states];
    this.taped = taped(() => {
      const step = layer.cell.call(free, { training }) as tf.Tensor[];
      return masked ? heeded(masked, step, this.states) : step;
    });
    this.read = this.taped.read.filter((tensor) => tensor !== masked && !free.includes(tensor));
    const [output, ...next] = this.taped.outputs.map((t) => recorder.symbol(t));
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
}

/** The last step of a sequence. */
function lastOf(sequence: tf.Tensor): tf.Tensor {
  const [steps, ...shape] = sequence.shape;
  if (sizeOf(shape) === 0) return tf.zeros(shape);
  return tf.reshape(tf.slice(sequence, [steps - 1], [1]), shape);
}
