/** Convolutions in the blocked layout, with the activations that follow them. */
import { numberOf } from '../builder.ts';
import { sameShape, sizeOf } from '../dtype.ts';
import type { Attributes, GraphNode, Value } from '../graph.ts';
import { isStep } from '../lower/step.ts';
import { depthwiseOperands, isDepthwise, type Operands } from './blocked-depthwise.ts';
import type { Layouts, Rule } from './layout.ts';

/** Filters larger than this are the images of a gradient by the filter. */
const LARGEST_FILTER = 64;

export const convolution: Rule = (node, at, uses, results) => {
  const found = isDepthwise(node) && node.inputs[0]!.shape[1] > 1 ? depthwiseOperands(node, at) : operands(node, at);
  if (!found) return false;
  const [y] = node.outputs;
  const bounded = uses.get(y)?.find((user) => activationOf(user));
  // The slope of a ReLU is that of its result, so that the result alone is kept.
  const others = (user: GraphNode): boolean => bounded?.op === 'Relu' && isStep(user);
  const fused = bounded && !results.has(y) && uses.get(y)!.every((user) => user === bounded || others(user));
  const attributes = { ...node.attributes, ...(fused ? activationOf(bounded) : {}) };
  const value = at.node('Conv', found.inputs, found.shape, { ...attributes, group: found.group });
  for (const result of fused ? [y, bounded.outputs[0]] : [y]) {
    if (sameShape(found.shape, y.shape)) at.setBlocked(result, value);
    else at.setPlain(result, plainOf(value, y.shape, at));
  }
  return true;
};

function operands({ inputs, outputs, attributes }: GraphNode, at: Layouts): Operands | undefined {
  const [x, filter, bias] = inputs as Value[];
  const { shape } = outputs[0];
  const { kernel_shape, group } = attributes;
  const channels = x.shape[1];
  const thin = channels < at.block;
  const filled = thin ? filledUp(shape, at.block) : shape;
  const fitting = at.fits(filled) && (channels % at.block === 0 || thin);
  const small =
    Array.isArray(kernel_shape) && kernel_shape.length === 2 && kernel_shape[0] * kernel_shape[1] <= LARGEST_FILTER;
  if (!fitting || !small || (group ?? 1) !== 1) return undefined;
  const input = channels % at.block === 0 ? at.blocked(x) : at.plain(x);
  const missing = filled[1] - shape[1];
  const fill = (v: Value): Value =>
    at.e.pad(
      at.plain(v),
      v.shape.map(() => 0),
      v.shape.map((_, i) => (i === 0 ? missing : 0)),
    );
  return { inputs: [input, at.filter(fill(filter)), ...(bias ? [fill(bias)] : [])], shape: filled, group: 1 };
}

/** The shape of images with more channels, that only fill a block, where these are not the larger part. */
function filledUp([n, channels, ...size]: readonly number[], block: number): readonly number[] {
  const full = Math.ceil(channels / block) * block;
  return [n, full <= 2 * channels ? full : channels, ...size];
}

/** A blocked value of other channels, or of images as channels, as the plain one of the given shape. */
function plainOf(value: Value, shape: readonly number[], at: Layouts): Value {
  return at.e.reshape(at.toPlain(value, sizeOf(shape) / sizeOf(value.shape.slice(2)) / value.shape[0]), shape);
}

/** An activation as attributes of the convolution it follows, if a convolution can have it. */
function activationOf({ op, inputs: [, low, high] }: GraphNode): Attributes | undefined {
  if (op === 'Relu') return { activation: op };
  const bounds = op === 'Clip' && low && high ? [numberOf(low), numberOf(high)] : [undefined];
  if (bounds.includes(undefined)) return undefined;
  return { activation: op, activation_params: { floats: bounds as number[] } };
}
