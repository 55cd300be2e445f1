/** Activation functions and their gradients. */
import { fault } from '../../errors.ts';
import { identityPerm } from '../builder.ts';
import { float } from '../graph.ts';
import type { Emitter, Sym } from '../symbol.ts';
import { relu6 } from './bounded-relu.ts';
import { kernel, type Lowering, type Lowerings } from './lowering.ts';

// TensorFlow.js: backend_util.SELU_SCALEALPHA and SELU_SCALE.
const SELU = { alpha: float(1.6732632423543772), gamma: float(1.0507009873554805) };

/** Takes the smallest normal number above 1. */
const STEEP = 3e38;

const unary =
  (op: string): Lowering =>
  ({ x }, _, e) =>
    e.mapUnary(op, x);

const prelu = (e: Emitter, x: Sym, alpha: Sym): Sym =>
  e.elementwise([x, alpha], (v, a) => e.where(e.binary('Less', v, e.scalar(0), 'bool'), e.binary('Mul', v, a), v));

/** The activation of a fused kernel. */
export function activate(e: Emitter, x: Sym, name: string | undefined, weights?: Sym, alpha?: number): Sym {
  switch (name) {
    case undefined:
    case null:
    case 'linear':
      return x;
    case 'relu':
      return e.mapUnary('Relu', x);
    case 'relu6':
      return e.map(x, (v) => relu6(e, v));
    case 'elu':
      return e.mapUnary('Elu', x);
    case 'sigmoid':
      return e.mapUnary('Sigmoid', x);
    case 'leakyrelu':
      return e.mapUnary('LeakyRelu', x, { alpha: float(alpha ?? 0.2) });
    case 'prelu':
      return prelu(e, x, weights!);
    default:
      throw fault({ wrong: 'unknown fused activation', got: name });
  }
}

export const activations: Lowerings = {
  Relu: unary('Relu'),
  Relu6: ({ x }, _, e) => e.map(x, (v) => relu6(e, v)),
  Elu: unary('Elu'),
  Sigmoid: unary('Sigmoid'),
  Tanh: unary('Tanh'),
  Softplus: unary('Softplus'),
  Selu: ({ x }, _, e) => e.mapUnary('Selu', x, SELU),
  LeakyRelu: kernel<{ alpha: number }>(({ x }, { alpha }, e) => e.mapUnary('LeakyRelu', x, { alpha: float(alpha) })),
  Prelu: ({ x, alpha }, _, e) => prelu(e, x, alpha),
  EluGrad: ({ dy, y }, _, e) =>
    e.elementwise([dy, y], (d, v) => {
      const slope = e.binary('Add', v, e.scalar(1));
      return e.where(e.binary('GreaterOrEqual', v, e.scalar(0), 'bool'), d, e.binary('Mul', d, slope));
    }),
  Step: kernel<{ alpha: number }>(({ x }, { alpha }, e) =>
    e.map(e.castSym(x, 'float32'), (v) => {
      // A hard sigmoid this steep is a step; ONNX Runtime is five times as fast with it as with a comparison.
      if (!alpha) return e.unary('HardSigmoid', v, { alpha: float(STEEP), beta: float(0) });
      return e.where(e.binary('Greater', v, e.scalar(0), 'bool'), e.scalar(1), e.scalar(alpha));
    }),
  ),
  Softmax: kernel<{ dim: number }>(({ logits }, { dim }, e) => {
    const axis = dim < 0 ? dim + logits.shape.length : dim;
    const perm = logits.perm ?? identityPerm(logits.shape.length);
    const value = e.fullIn(logits, perm);
    return e.sym(e.unary('Softmax', value, { axis: perm.indexOf(axis) }), logits.shape, perm);
  }),
};
