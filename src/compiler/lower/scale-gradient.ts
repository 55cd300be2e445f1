/**
 * The gradient by the gain of a normalisation whose statistics are given, after a convolution: `Σ dy · (x ∗ w − mean)` over all
 * pixels. As the convolution is linear in its filter, this is `Σ w · ∂w − mean · Σ dy`, where ∂w, the gradient by the filter, is needed
 * anyway: no pass over the images, and the result of the convolution need not be kept.
 */
import { sameShape } from '../dtype.ts';
import type { GraphNode, Value } from '../graph.ts';
import { type Emitter, NCHW, type Sym } from '../symbol.ts';
import { worthFolding } from './channel-factor.ts';
import { image } from './convolution.ts';
import { filterGradientOf } from './convolution-gradients.ts';
import { depthwiseFilterGradient } from './depthwise.ts';
import { all, type Pair, pair, type Window } from './window.ts';

/** The sum over all but the channels, if it is such a gradient. */
export function scaleGradient(e: Emitter, s: Sym, axes: readonly number[]): Sym | undefined {
  if (`${axes}` !== '0,1,2' || `${s.perm}` !== `${NCHW}` || s.value.node?.op !== 'Mul') return undefined;
  const [p, q] = s.value.node.inputs as readonly Value[];
  const normalised = asNormalised(q) ?? asNormalised(p);
  const dy = asNormalised(q) ? p : q;
  if (!normalised || !sameShape(dy.shape, s.value.shape)) return undefined;
  const { y, mean, factor } = normalised;
  const found = gradientByFilter(e, y, dy);
  if (!found) return undefined;
  const { filter, gradient, bias } = found;
  const channels = [y.shape[1]];
  const sum = e.full(e.reduceSym('ReduceSum', image(e, dy), [0, 1, 2], false));
  const product = e.reduce('ReduceSum', e.binary('Mul', filter, gradient), found.axes, false);
  const vector = (v: Value): Value => e.reshape(v, channels);
  const offset = bias ? e.binary('Sub', vector(mean), bias) : vector(mean);
  const total = e.binary('Sub', vector(product), e.binary('Mul', offset, sum));
  return e.sym(factor ? e.binary('Mul', total, vector(factor)) : total);
}

/** The parts of `(y − mean) · factor`, y a convolution's result and the mean no function of anything. */
function asNormalised(value: Value): { y: Value; mean: Value; factor?: Value } | undefined {
  const { node, shape } = value;
  const narrow = (v: Value): boolean => `${v.shape}` === `1,${shape[1]},1,1`;
  if (node?.op === 'Mul') {
    const [p, q] = node.inputs as readonly Value[];
    const inner = narrow(q) ? asNormalised(p) : narrow(p) ? asNormalised(q) : undefined;
    return inner && !inner.factor ? { ...inner, factor: narrow(q) ? q : p } : undefined;
  }
  if (node?.op !== 'Sub') return undefined;
  const [y, mean] = node.inputs as readonly Value[];
  const isConvolution = y.node?.op === 'Conv' && y.node.domain === '' && y.shape.length === 4;
  return isConvolution && narrow(mean) && isGiven(mean) ? { y, mean } : undefined;
}

/** Statistics of the batch are functions of the images; these are computed from nothing. */
function isGiven({ node }: Value): boolean {
  return !node || ((node.op === 'Reshape' || node.op === 'Transpose') && isGiven(node.inputs[0]!));
}

function gradientByFilter(
  e: Emitter,
  y: Value,
  dy: Value,
): { filter: Value; gradient: Value; bias?: Value; axes: readonly number[] } | undefined {
  const conv = y.node!;
  const [x, filter, bias] = conv.inputs as readonly Value[];
  const w = windowOf(conv);
  if (!all(w.dilation, 1) || !worthFolding(filter, y)) return undefined;
  const group = conv.attributes.group as number;
  if (group === 1) {
    const gradient = e.full(filterGradientOf(e, image(e, x), image(e, dy), w));
    return { filter: e.transpose(filter, [2, 3, 1, 0]), gradient, bias, axes: [0, 1, 2] };
  }
  if (group !== w.inChannels) return undefined;
  const gradient = e.full(depthwiseFilterGradient(e, image(e, x), image(e, dy), w));
  const perChannel = e.reshape(filter, [group, w.outChannels / group, ...w.kernel]);
  return { filter: e.transpose(perChannel, [2, 3, 0, 1]), gradient, bias, axes: [0, 1] };
}

/** The window of a convolution in the graph. */
function windowOf({ attributes, inputs, outputs }: GraphNode): Window {
  const [batch, inChannels, ...input] = inputs[0]!.shape as readonly [number, number, number, number];
  const [, outChannels, ...output] = outputs[0].shape as readonly [number, number, number, number];
  const { kernel_shape: kernel, strides: stride, dilations: dilation, pads } = attributes as Record<string, Pair>;
  const before = pair((d) => pads[d]);
  const after = pair((d) => stride[d] * (output[d] - 1) + dilation[d] * (kernel[d] - 1) + 1 - input[d] - before[d]);
  return { batch, inChannels, outChannels, input, output, kernel, stride, dilation, before, after };
}
