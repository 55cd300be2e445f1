/** Comparison, choice, and conversion of data types. */

import { dtypeOf } from '../dtype.ts';
import type { Value } from '../graph.ts';
import type { Emitter } from '../symbol.ts';
import { kernel, type Lowering, type Lowerings } from './lowering.ts';

const compare =
  (op: string): Lowering =>
  ({ a, b }, _, e) =>
    e.elementwise([a, b], (x, y) => e.binary(op, x, y, 'bool'));

const test =
  (f: (x: Value, e: Emitter) => Value): Lowering =>
  ({ x }, _, e) =>
    e.map(x, (v) => f(e.cast(v, 'float32'), e));

const not = (x: Value, e: Emitter): Value => e.unary('Not', x);
const nan = (x: Value, e: Emitter): Value => e.unary('IsNaN', x, {}, 'bool');
const infinite = (x: Value, e: Emitter): Value => e.unary('IsInf', x, {}, 'bool');

export const logic: Lowerings = {
  Equal: ({ a, b }, _, e) => e.elementwise([a, b], (x, y) => e.binary('Equal', x, y, 'bool')),
  NotEqual: ({ a, b }, _, e) => e.elementwise([a, b], (x, y) => not(e.binary('Equal', x, y, 'bool'), e)),
  Greater: compare('Greater'),
  GreaterEqual: compare('GreaterOrEqual'),
  Less: compare('Less'),
  LessEqual: compare('LessOrEqual'),
  LogicalAnd: compare('And'),
  LogicalOr: compare('Or'),
  LogicalNot: ({ x }, _, e) => e.map(x, (v) => not(v, e)),
  IsNan: test(nan),
  IsInf: test(infinite),
  IsFinite: test((x, e) => not(e.binary('Or', nan(x, e), infinite(x, e), 'bool'), e)),
  Select: ({ condition, t, e: otherwise }, _, e) => {
    // A condition of rank 1 chooses rows.
    const rank = t.shape.length;
    const rows = condition.shape.length === 1 && rank > 1;
    const chosen = rows ? e.reshapeSym(condition, [condition.shape[0], ...Array(rank - 1).fill(1)]) : condition;
    return e.elementwise([chosen, t, otherwise], (c, x, y) => e.where(c, x, y));
  },
  Cast: kernel<{ dtype: string }>(({ x }, { dtype }, e) => {
    const to = dtypeOf(dtype, 'the result of a cast');
    // int32 truncates toward zero, as in TensorFlow.js; so does ONNX.
    return e.castSym(x, to);
  }),
};
