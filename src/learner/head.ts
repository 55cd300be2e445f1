import * as tf from '@tensorflow/tfjs';
import { fault, type UnequalError } from '../errors.ts';
import type { CompiledModel } from './model.ts';
import { isTensorFlows } from './user-code.ts';

/**
 * The end of a network for one output: where its last pre-activation `z` is, and the function from `z` to the output.
 *
 * The score of a sample is ‖∂lᵢ/∂zᵢ‖ (paper, eq. 20 with L the last layer). `z` is found, not asked for, and captured
 * while the model runs as it always does: no layer is rebuilt, no weight is copied.
 */
export interface Head {
  /**
   * Runs `forward`, and calls `see` with what the last layer puts into its activation, once, or once for each moment of a
   * time-distributed layer; what that returns is put there. Never: the output itself is the pre-activation.
   */
  watch<T>(forward: () => T, see: See): T;
  /** The model's output as a function of what was seen. */
  output(z: tf.Tensor[]): tf.Tensor;
  /** Whether the output follows from `z` in training as it does in evaluation: there is no dropout behind it. */
  readonly isFixed: boolean;
  /** The shape of each tensor of `z`, its first dimension being the batch. */
  readonly shapes: readonly tf.Shape[];
}

type See = (z: tf.Tensor) => tf.Tensor;

interface Activation {
  apply(x: tf.Tensor, axis?: number): tf.Tensor;
  getClassName(): string;
}

type Layer = tf.layers.Layer & {
  activation?: Activation;
  layer?: Layer;
  outputs?: tf.SymbolicTensor[];
  inboundNodes: unknown[];
  call(inputs: tf.Tensor | tf.Tensor[], kwargs: object): tf.Tensor | tf.Tensor[];
};

/** A model, or one inside another, and its record of which calls of its layers belong to it. */
interface Container {
  readonly containerNodes?: ReadonlySet<string>;
  /** What a sequential model is made of. */
  readonly model?: Container;
}

/** Layers that only move numbers or, in evaluation mode, do nothing: ‖∂l/∂z‖ is the same on either side of them. */
const transparent = new Set([
  'Flatten',
  'Reshape',
  'Permute',
  'Dropout',
  'GaussianNoise',
  'GaussianDropout',
  'AlphaDropout',
  'ActivityRegularization',
  'InputLayer',
]);
/** Those of them that do something in training. */
const drawing = new Set(['Dropout', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout']);
/** Layers that are an activation and nothing else. */
const activations = new Set(['Activation', 'Softmax', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU']);
/** Layers that apply their activation inside a recurrence, where no single pre-activation exists. */
const recurrent = new Set(['LSTM', 'GRU', 'SimpleRNN', 'RNN', 'Bidirectional', 'ConvLSTM2D', 'StackedRNNCells']);

/**
 * Finds the head of each output of the model.
 * @throws UnequalError if a last layer has no pre-activation of its own: recurrent, or used more than once.
 */
export function findHeads(model: CompiledModel): Head[] {
  return model.outputs.map((output) => findHead(model as unknown as Container, output));
}

function notFound(got: string, expected: string): UnequalError {
  return fault({
    wrong: 'the upper-bound score cannot be found for this model',
    got,
    expected,
    mend: "add a dense layer, or use score: 'loss' or score: 'gradient-norm'",
  });
}

/** How often the layer is called in the model. */
function calls({ model, containerNodes }: Container, layer: Layer): number {
  if (model) return calls(model, layer);
  return layer.inboundNodes.filter((_, k) => containerNodes!.has(`${layer.name}_ib-${k}`)).length;
}

function findHead(model: Container, output: tf.SymbolicTensor): Head {
  let container = model;
  const after: Layer[] = []; // transparent layers between the activation and the output, last first
  let shared: Layer | undefined;
  let symbol = output;
  for (;;) {
    const layer = symbol.sourceLayer as Layer;
    const kind = layer.getClassName();
    if (calls(container, layer) > 1) shared = layer;
    if (isPlainModel(layer)) {
      container = layer as Container;
      symbol = layer.outputs![(symbol as unknown as { outputTensorIndex?: number }).outputTensorIndex ?? 0];
    } else if (isOwn(layer)) {
      return linear(output);
    } else if (transparent.has(kind) && symbol.inputs.length === 1) {
      after.push(layer);
      symbol = symbol.inputs[0];
    } else if (recurrent.has(kind)) {
      throw notFound(
        `${kind} (${layer.name}) as its last layer, whose activation is inside the recurrence`,
        'a last layer with a pre-activation, such as dense',
      );
    } else {
      const activated = layer.activation !== undefined && layer.activation.getClassName() !== 'linear';
      if (!activated && !activations.has(kind) && kind !== 'TimeDistributed') return linear(output);
      if (shared !== undefined) {
        throw notFound(`the last layer ${shared.name}, which is used more than once`, 'a last layer that is used once');
      }
      const rest = (x: tf.Tensor) => after.reduceRight((value, next) => single(next.call(value, {})), x);
      const isFixed = !after.some((next) => drawing.has(next.getClassName()));
      const { shape } = symbol;
      if (activations.has(kind)) return { ...ofCall(layer, rest), isFixed, shapes: [shape] };
      if (kind === 'TimeDistributed') {
        if (isOwn(layer.layer!)) return linear(output);
        const [n, times, ...one] = shape;
        const shapes = Array.from({ length: times ?? 1 }, () => [n, ...one]);
        return { ...ofActivation(inner(layer), layer, (parts) => rest(tf.stack(parts, 1))), isFixed, shapes };
      }
      return { ...ofActivation(layer, layer, ([x]) => rest(x)), isFixed, shapes: [shape] };
    }
  }
}

/** Whether it is a model that calls its layers as it was built; a subclass may do anything with what they give. */
function isPlainModel({ outputs, call }: Layer): boolean {
  return outputs !== undefined && (call === tf.LayersModel.prototype.call || call === tf.Sequential.prototype.call);
}

/** A layer of the user's may call anything its activation, and do anything with it; so may an activation of theirs. */
function isOwn(layer: Layer): boolean {
  return !isTensorFlows(layer) || (layer.activation !== undefined && !isTensorFlows(layer.activation));
}

/** The layer that is repeated over time. */
function inner({ layer, name }: Layer): Layer {
  if (layer?.activation !== undefined && !recurrent.has(layer.getClassName())) return layer;
  throw notFound(
    `${layer?.getClassName()} in ${name}, a time-distributed layer, as its last layer`,
    'a time-distributed layer with an activation, such as dense',
  );
}

/** Without a last activation the output is its own pre-activation, up to the order of its numbers. */
const linear = ({ shape }: tf.SymbolicTensor): Head => ({
  watch: (forward) => forward(),
  output: ([z]) => z,
  isFixed: true,
  shapes: [shape],
});

type Watched = Omit<Head, 'isFixed' | 'shapes'>;

/** Watches the input of a layer that is an activation by itself. */
function ofCall(layer: Layer, rest: (x: tf.Tensor) => tf.Tensor): Watched {
  return {
    watch: (forward, see) => duringFirstCall(layer, forward, (inputs) => ({ inputs: see(single(inputs)), end() {} })),
    output: ([z]) => rest(single(layer.call(z, {}))),
  };
}

/**
 * Watches the argument of a layer's activation; a fused kernel is not fused for that.
 * @param within the layer itself, or the one that calls it for each moment.
 */
function ofActivation(layer: Layer, within: Layer, rest: (parts: tf.Tensor[]) => tf.Tensor): Watched {
  return {
    watch: (forward, see) => {
      const activation = layer.activation!;
      const watched: Activation = {
        // A name that no fused kernel knows, so that the layer hands its pre-activation over.
        getClassName: () => 'watched',
        apply: (x, axis) => activation.apply(see(x), axis),
      };
      return duringFirstCall(within, forward, (inputs) => {
        layer.activation = watched;
        const end = () => {
          layer.activation = activation;
        };
        return { inputs, end };
      });
    },
    output: (z) => rest(z.map((part) => layer.activation!.apply(part))),
  };
}

type Inputs = tf.Tensor | tf.Tensor[];

/**
 * Runs `forward`, and `begin` before the layer's first call in it, for what it is called with; `end` is run after the call.
 * TensorFlow.js calls a model within a model once for each of its outputs, and takes all of them from the first call.
 */
function duringFirstCall<T>(
  layer: Layer,
  forward: () => T,
  begin: (inputs: Inputs) => { inputs: Inputs; end: () => void },
): T {
  const { call } = layer;
  let first = true;
  layer.call = (given, kwargs) => {
    const { inputs, end } = first ? begin(given) : { inputs: given };
    first = false;
    try {
      return call.call(layer, inputs, kwargs);
    } finally {
      end?.();
    }
  };
  try {
    return forward();
  } finally {
    // The patch shadows the class's method; taking it away brings that back.
    delete (layer as Partial<Layer>).call;
  }
}

function single<T>(value: T | T[]): T {
  return Array.isArray(value) ? value[0] : value;
}
