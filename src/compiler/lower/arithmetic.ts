/** Elementwise arithmetic of two operands. */
import { broadcast } from '../dtype.ts';
import type { Value } from '../graph.ts';
import type { Emitter } from '../symbol.ts';
import { minimum, multiply } from './bounded-relu.ts';
import { type Lowering, type Lowerings, listed } from './lowering.ts';

const binary =
  (op: string): Lowering =>
  ({ a, b }, _, e) =>
    e.elementwise([a, b], (x, y) => e.binary(op, x, y));

const floorDivide = (e: Emitter, a: Value, b: Value): Value =>
  e.unary('Floor', e.binary('Div', e.cast(a, 'float32'), e.cast(b, 'float32')));

/** A sum; one number a channel added to a convolution is its bias, as where TensorFlow.js fuses the two. */
function add(e: Emitter, a: Value, b: Value): Value {
  const biased = (y: Value, bias: Value): Value | undefined => {
    const conv = y.node;
    const channels = y.shape[1];
    if (
      conv?.op !== 'Conv' ||
      conv.inputs.length > 2 ||
      `${bias.shape}` !== `${[1, channels, ...y.shape.slice(2).map(() => 1)]}`
    )
      return undefined;
    return e.node('Conv', [...conv.inputs, e.reshape(bias, [channels])], y.dtype, y.shape, conv.attributes);
  };
  return biased(a, b) ?? biased(b, a) ?? e.binary('Add', a, b);
}

export const arithmetic: Lowerings = {
  Add: ({ a, b }, _, e) => e.elementwise([a, b], (x, y) => add(e, x, y)),
  Sub: binary('Sub'),
  Multiply: ({ a, b }, _, e) => e.elementwise([a, b], (x, y) => multiply(e, x, y)),
  RealDiv: ({ a, b }, _, e) =>
    e.elementwise([e.castSym(a, 'float32'), e.castSym(b, 'float32')], (x, y) => e.binary('Div', x, y)),
  Maximum: binary('Max'),
  Minimum: ({ a, b }, _, e) => e.elementwise([a, b], (x, y) => minimum(e, x, y)),
  Pow: binary('Pow'),
  SquaredDifference: ({ a, b }, _, e) =>
    e.elementwise([a, b], (x, y) => {
      const d = e.binary('Sub', x, y);
      return e.binary('Mul', d, d);
    }),
  FloorDiv: ({ a, b }, _, e) => e.elementwise([a, b], (x, y) => e.cast(floorDivide(e, x, y), x.dtype)),
  // The remainder has the sign of the divisor, as in Python.
  Mod: ({ a, b }, _, e) =>
    e.elementwise([a, b], (x, y) => e.binary('Sub', x, e.binary('Mul', y, e.cast(floorDivide(e, x, y), x.dtype)))),
  AddN: (inputs, _, e) =>
    e.elementwise(listed(inputs), (...values) => {
      const [first, ...rest] = values;
      if (rest.length < 2 || first.dtype !== 'float32') return rest.reduce((sum, x) => e.binary('Add', sum, x), first);
      const shape = values.map((v) => v.shape).reduce(broadcast);
      return e.node('Sum', values, first.dtype, shape);
    }),
  Atan2: ({ a, b }, _, e) =>
    e.elementwise([a, b], (y, x) => {
      // The angle of (x, y) from the half-angle tangent: tan(θ/2) = y / (√(x² + y²) + x), its mirror image for x < 0.
      const zero = e.scalar(0);
      const r = e.unary('Sqrt', e.binary('Add', e.binary('Mul', x, x), e.binary('Mul', y, y)));
      const right = e.binary('Div', y, e.binary('Add', r, x));
      const left = e.binary('Div', e.binary('Sub', r, x), y);
      const onAxis = e.binary('Equal', y, zero, 'bool');
      const negative = e.binary('Less', x, zero, 'bool');
      const general = e.binary('Mul', e.scalar(2), e.unary('Atan', e.where(negative, left, right)));
      return e.where(onAxis, e.where(negative, e.scalar(Math.PI), zero), general);
    }),
};
