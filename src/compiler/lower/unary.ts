/** Elementwise functions of one tensor. */
import type { Value } from '../graph.ts';
import type { Emitter } from '../symbol.ts';
import { clipByValue } from './bounded-relu.ts';
import { kernel, type Lowering, type Lowerings } from './lowering.ts';

const unary =
  (op: string): Lowering =>
  ({ x }, _, e) =>
    e.mapUnary(op, x);

const floats =
  (f: (x: Value, e: Emitter) => Value): Lowering =>
  ({ x }, _, e) =>
    e.map(x, (v) => f(e.cast(v, 'float32'), e));

export const unaries: Lowerings = {
  Abs: ({ x }, _, e) => (x.dtype === 'bool' ? x : e.mapUnary('Abs', x)),
  Acos: unary('Acos'),
  Acosh: unary('Acosh'),
  Asin: unary('Asin'),
  Asinh: unary('Asinh'),
  Atan: unary('Atan'),
  Atanh: unary('Atanh'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Cosh: unary('Cosh'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Round: unary('Round'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Sinh: unary('Sinh'),
  Sqrt: unary('Sqrt'),
  Tan: unary('Tan'),
  Square: ({ x }, _, e) => e.map(x, (v) => e.binary('Mul', v, v)),
  Expm1: floats((x, e) => e.binary('Sub', e.unary('Exp', x), e.scalar(1))),
  Log1p: floats((x, e) => e.unary('Log', e.binary('Add', x, e.scalar(1)))),
  Rsqrt: floats((x, e) => e.unary('Reciprocal', e.unary('Sqrt', x))),
  ClipByValue: kernel<{ clipValueMin: number; clipValueMax: number }>(({ x }, { clipValueMin, clipValueMax }, e) =>
    e.map(x, (v) => {
      // ONNX takes no extremes of booleans.
      if (v.dtype === 'bool') return e.cast(clipByValue(e, e.cast(v, 'int32'), clipValueMin, clipValueMax), 'bool');
      return clipByValue(e, v, clipValueMin, clipValueMax);
    }),
  ),
};
