/**
 * A pass over a graph that moves convolutions into ONNX Runtime's blocked layout, where they are up to twice as fast, and lets
 * everything between them stay there. ONNX Runtime does so itself only for filters that never change.
 *
 * The layout spreads from convolutions to what is done elementwise with their results, to pools, to reductions and to the
 * normalisation of whole samples; everything else gets its operands in the plain order.
 */

import { sameShape, sizeOf } from '../dtype.ts';
import { bodies, type GraphNode, reachable, type Value } from '../graph.ts';
import { isStep } from '../lower/step.ts';
import type { Emitter } from '../symbol.ts';
import { convolution } from './blocked-convolution.ts';
import { depthwiseTransposed } from './blocked-depthwise.ts';
import { Layouts, type Rule } from './layout.ts';
import { tiledMaxGradient } from './max-gradient.ts';

type Outputs = ReadonlyMap<string, Value>;

function maxPool(node: GraphNode, at: Layouts): boolean {
  const [x] = node.inputs as Value[];
  if (!at.fits(x.shape) || !at.fits(node.outputs[0].shape)) return false;
  at.setBlocked(node.outputs[0], at.node('MaxPool', [at.blocked(x)], node.outputs[0].shape, node.attributes));
  return true;
}

/** Operations on each element alone: any layout does if it is everyone's. */
const ELEMENTWISE = new Set([
  ...[
    'Add',
    'Sub',
    'Mul',
    'Div',
    'Max',
    'Min',
    'Sum',
    'Neg',
    'Abs',
    'Sqrt',
    'Exp',
    'Log',
    'Reciprocal',
    'Tanh',
    'Sigmoid',
  ],
  ...['Relu', 'LeakyRelu', 'Elu', 'Selu', 'HardSigmoid', 'Softplus', 'Clip'],
]);

/** Operations that blocks are for. */
const CONVOLUTIONS = new Set(['Conv', 'ConvTranspose', 'MaxPool', 'TiledMaxGradient']);

/** Whether an operand is the same for all elements of a sample. */
const perSample = (v: Value): boolean =>
  sizeOf(v.shape) === 1 || (v.shape.length === 4 && sizeOf(v.shape.slice(1)) === 1);

/** Whether an operand has one number for each channel of the images y. */
const isPerChannel = (v: Value, { shape: [, c, ...size] }: Value): boolean =>
  c > 1 && sameShape(v.shape, [1, c, ...size.map(() => 1)]);

/** The values that something is done with, or elementwise with what comes of them, that is faster in blocks. */
function wantedBlocked(nodes: readonly GraphNode[]): ReadonlySet<Value> {
  const wanted = new Set<Value>();
  for (const node of nodes.toReversed()) {
    const [y] = node.outputs;
    const inputs = node.inputs.filter((v) => v !== null);
    const isSame = (v: Value) => sameShape(v.shape, y.shape) || perSample(v) || isPerChannel(v, y);
    const passesOn = ELEMENTWISE.has(node.op) && wanted.has(y) && inputs.every(isSame);
    if (CONVOLUTIONS.has(node.op) || passesOn) for (const input of inputs) wanted.add(input);
  }
  return wanted;
}

function elementwise(node: GraphNode, at: Layouts): boolean {
  const [y] = node.outputs;
  if (at.isKnown(y)) return true;
  const operands = node.inputs as Value[];
  const whole = operands.filter((v) => sameShape(v.shape, y.shape));
  if (!at.fits(y.shape) || y.dtype !== 'float32') return false;
  const isFitting = (v: Value): boolean => whole.includes(v) || perSample(v) || isPerChannel(v, y);
  if (!whole.some((v) => at.isBlocked(v)) || !operands.every(isFitting)) return false;
  // With operands of both layouts some have to change, and the result too if it is wanted in the other.
  if (!whole.every((v) => at.isBlocked(v)) && !at.wanted.has(y)) return false;
  const inputs = operands.map((v) =>
    whole.includes(v) ? at.blocked(v) : isPerChannel(v, y) ? at.image(at.plain(v), y.shape) : at.plain(v),
  );
  at.setBlocked(y, at.e.node(node.op, inputs, y.dtype, y.shape, node.attributes, node.domain));
  return true;
}

/** A blocked image batch flattened to one row a sample and back keeps its layout, as does one whose images become channels. */
function reshape(node: GraphNode, at: Layouts): boolean {
  const x = node.inputs[0]!;
  const [y] = node.outputs;
  if (!at.isBlocked(x)) return false;
  const blocked = at.blocked(x);
  const [n, c, h, w] = blocked.shape;
  if (sameShape(y.shape, [n, c * h * w]) || sameShape(y.shape, blocked.shape)) at.setBlocked(y, blocked);
  else if (at.fits(y.shape) && y.shape[2] === h && y.shape[3] === w) at.setBlocked(y, at.e.reshape(blocked, y.shape));
  else return false;
  return true;
}

function sampleNormalization(node: GraphNode, at: Layouts): boolean {
  const [x, scale, bias] = node.inputs as Value[];
  if (!at.isBlocked(x) || node.attributes.axis !== 1) return false;
  const blocked = at.blocked(x);
  const { shape } = blocked;
  const inputs = [at.e.reshape(blocked, x.shape), at.vector(at.plain(scale), shape), at.vector(at.plain(bias), shape)];
  const [y, ...statistics] = at.e.nodes(node.op, inputs, node.outputs, node.attributes, node.domain);
  at.setBlocked(node.outputs[0], at.e.reshape(y, shape));
  statistics.forEach((value, i) => {
    at.setPlain(node.outputs[i + 1], value);
  });
  return true;
}

/** Sums and means over the batch, over height and width, and over the channels or the batch with them. */
function reduction(node: GraphNode, at: Layouts): boolean {
  const [x, list] = node.inputs as Value[];
  const [y] = node.outputs;
  if (!at.isBlocked(x) || !list?.data || x.shape.length !== 4) return false;
  const axes = Array.from(list.data as BigInt64Array, Number).join();
  const blocked = at.blocked(x);
  const { e } = at;
  const reduce = (v: Value, axis: number): Value => e.reduce(node.op, v, [axis], false);
  const [n, c, h, w] = blocked.shape;
  if (axes === '0' && y.shape.length === 4) {
    at.setBlocked(y, e.reduce(node.op, blocked, [0], true));
    return true;
  }
  let value: Value;
  if (axes === '1,2,3') value = reduce(e.reshape(blocked, [n, c * h * w]), 1);
  else if (axes === '2,3' || axes === '0,2,3') {
    // The mean of each image is ten times as fast as sums over the batch first.
    const mean = e.reshape(at.node('GlobalAveragePool', [blocked], [n, c, 1, 1]), [n, c]);
    const perImage = node.op === 'ReduceSum' ? e.binary('Mul', mean, e.scalar(h * w)) : mean;
    value = axes === '2,3' ? perImage : reduce(perImage, 0);
  } else return false;
  at.setPlain(y, e.reshape(value, y.shape));
  return true;
}

/** Samples of a batch. */
function samples(node: GraphNode, at: Layouts): boolean {
  const [x, index] = node.inputs as Value[];
  if (node.attributes.axis !== 0 || index.shape.length !== 1 || !at.isBlocked(x)) return false;
  at.setBlocked(node.outputs[0], at.e.gather(at.blocked(x), at.plain(index), 0));
  return true;
}

function channelsLast(node: GraphNode, at: Layouts): boolean {
  if (`${node.attributes.perm}` !== '0,2,3,1' || !at.isBlocked(node.inputs[0]!)) return false;
  at.setPlain(node.outputs[0], at.channelsLast(node.inputs[0]!));
  return true;
}

function maxGradient(node: GraphNode, at: Layouts): boolean {
  const [dy, x, y] = node.inputs as Value[];
  const kernel = node.attributes.kernel_shape as readonly [number, number];
  const { e } = at;
  if (at.fits(x.shape) && at.fits(y.shape)) {
    const pool = (v: Value): Value => at.node('MaxPool', [v], y.shape, { kernel_shape: kernel, strides: kernel });
    at.setBlocked(
      node.outputs[0],
      tiledMaxGradient(e, at.blocked(dy), at.blocked(x), at.blocked(y), kernel, at.block, pool),
    );
  } else {
    const pool = (v: Value): Value =>
      e.node('MaxPool', [v], 'float32', y.shape, { kernel_shape: kernel, strides: kernel });
    at.setPlain(node.outputs[0], tiledMaxGradient(e, at.plain(dy), at.plain(x), at.plain(y), kernel, 1, pool));
  }
  return true;
}

const rules: Readonly<Record<string, Rule>> = {
  Conv: convolution,
  ConvTranspose: depthwiseTransposed,
  MaxPool: maxPool,
  TiledMaxGradient: maxGradient,
  Reshape: reshape,
  LayerNormalization: sampleNormalization,
  ReduceSum: reduction,
  ReduceMean: reduction,
  Transpose: channelsLast,
  Gather: samples,
};

/** Lays the graph of the outputs out in blocks of channels; `block` 1 leaves the layout and only writes out composed operations. */
export function layOut(outputs: Outputs, e: Emitter, block: number): Outputs {
  const nodes = reachable([...outputs.values()]);
  const uses = new Map<Value, GraphNode[]>();
  for (const node of nodes) {
    for (const input of node.inputs) if (input) uses.set(input, [...(uses.get(input) ?? []), node]);
  }
  // What a loop's body takes from outside would have to be followed into it.
  const blocks = nodes.some((node) => bodies(node).length > 0) ? 1 : block;
  const at = new Layouts(e, blocks, wantedBlocked(nodes));
  const results = new Set(outputs.values());
  const done = new Set<GraphNode>();

  const visit = (original: GraphNode): void => {
    if (done.has(original)) return;
    done.add(original);
    const node = blocks > 1 ? ofResult(original) : original;
    const rule = rules[node.op] ?? (ELEMENTWISE.has(node.op) ? elementwise : undefined);
    if (rule && (blocks > 1 || rule === maxGradient) && rule(node, at, uses, results)) return;
    const inputs = node.inputs.map((v) => v && at.plain(v));
    if (node === original && inputs.every((v, i) => v === node.inputs[i])) return;
    const values = e.nodes(node.op, inputs, node.outputs, node.attributes, node.domain);
    values.forEach((value, i) => {
      at.setPlain(node.outputs[i], value);
    });
  };
  /** The step of what a ReLU was given is the step of its result, which is kept anyway. */
  const ofResult = (node: GraphNode): GraphNode => {
    const relu = isStep(node) ? uses.get(node.inputs[0]!)?.find(({ op }) => op === 'Relu') : undefined;
    if (!relu) return node;
    visit(relu);
    return { ...node, inputs: relu.outputs };
  };

  nodes.forEach(visit);
  return new Map([...outputs].map(([name, value]) => [name, at.plain(value)]));
}
