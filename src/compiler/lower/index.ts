/** Every kernel that is lowered, by group. A kernel is in exactly one group. */
import { activations } from './activation.ts';
import { arithmetic } from './arithmetic.ts';
import { convolutions } from './convolution.ts';
import { convolutionGradients } from './convolution-gradients.ts';
import { convolutions3d } from './convolution3d.ts';
import { creation } from './create.ts';
import { depthwise } from './depthwise.ts';
import { gathers } from './gather.ts';
import { logic } from './logic.ts';
import type { Lowerings } from './lowering.ts';
import { products } from './matmul.ts';
import { normalizations } from './normalization.ts';
import { poolings } from './pooling.ts';
import { reductions } from './reduce.ts';
import { resizings } from './resize.ts';
import { shapes } from './shape.ts';
import { unaries } from './unary.ts';

export const groups: Readonly<Record<string, Lowerings>> = {
  arithmetic,
  functions: unaries,
  activations,
  logic,
  reductions,
  products,
  convolutions: { ...convolutions, ...convolutionGradients, ...convolutions3d },
  depthwise,
  poolings,
  normalizations,
  resizings,
  shapes,
  creation,
  gathers,
};

export const lowerings: Lowerings = Object.assign({}, ...Object.values(groups));
