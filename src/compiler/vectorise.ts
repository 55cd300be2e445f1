/**
 * One node of a step (of a loop, or of one sample) as one node over all steps at once: every value that varies gets a leading
 * dimension. What `vmap` is elsewhere.
 */
import type { Builder } from './builder.ts';
import type { Attribute, GraphNode, Value } from './graph.ts';
import { fold, gemm, matmul, scatter, sumOfSquares } from './vectorise-products.ts';
import { scan } from './vectorise-scan.ts';

/** The stacked form of a value, or undefined if it is the same in every step. */
export type Stacks = (value: Value) => Value | undefined;

export const elementwise: ReadonlySet<string> = new Set(
  `Add Sub Mul Div Max Min Pow Neg Abs Exp Log Sqrt Reciprocal Floor Ceil Round Sign Erf Sin Cos Tan Asin Acos Atan Sinh Cosh
  Asinh Acosh Atanh Relu LeakyRelu Elu Selu Sigmoid Tanh Softplus HardSigmoid Not And Or Equal Greater GreaterOrEqual Less
  LessOrEqual Where Cast IsNaN IsInf Identity Shrink Clip Sum`.split(/\s+/),
);

const numbers = (value: Value): number[] => Array.from(value.data as BigInt64Array, Number);
const later = (list: readonly number[]): number[] => list.map((i) => i + 1);

/** The node's outputs over `length` steps, or undefined where it cannot be done. */
export function vectorise(b: Builder, node: GraphNode, length: number, stacks: Stacks): readonly Value[] | undefined {
  const { op, inputs, attributes, outputs } = node;
  if (op === 'ReduceSum') {
    const squares = sumOfSquares(b, node, stacks);
    if (squares) return [b.reshape(squares, [length, ...outputs[0].shape])];
  }
  if (op === 'Scan') return scan(b, node, length, stacks, vectorise);
  const ports = outputs.map(({ dtype, shape }) => ({ dtype, shape: [length, ...shape] }));
  const rank = outputs[0].shape.length;
  const stacked = inputs.map((v) => (v ? stacks(v) : undefined));
  const all = (i: number): Value => stacked[i] ?? b.expand(inputs[i]!, [length, ...inputs[i]!.shape]);
  const emit = (list: readonly (Value | null)[], changed: Record<string, Attribute> = {}): readonly Value[] =>
    b.nodes(op, list, ports, { ...attributes, ...changed }, node.domain);
  const axis = attributes.axis as number;

  if (elementwise.has(op)) return emit(inputs.map((v, i) => (stacked[i] ? aligned(b, stacked[i], rank + 1) : v)));
  switch (op) {
    case 'MatMul':
    case 'FusedMatMul':
      return matmul(b, node, stacked, length);
    case 'Gemm':
      return gemm(b, node, stacked, length);
    case 'Concat':
      return emit(
        inputs.map((_, i) => all(i)),
        { axis: axis + 1 },
      );
    case 'ScatterND':
      return scatter(b, node, [all(0), all(1), all(2)]);
    case 'GatherND':
      return emit([all(0), all(1)], { batch_dims: ((attributes.batch_dims as number) ?? 0) + 1 });
    case 'Gather':
      if (!stacked[0]) return axis === 0 ? emit([inputs[0], stacked[1]!]) : undefined;
      return stacked[1] ? undefined : emit([stacked[0], inputs[1]], { axis: axis + 1 });
  }
  const folded = fold(b, node, stacked, length);
  if (folded) return folded;

  // The rest has one tensor, and lists that are constants.
  const [x] = stacked;
  if (!x || inputs.slice(1).some((v) => v && !v.data)) return undefined;
  switch (op) {
    case 'Reshape':
      return [b.reshape(x, ports[0].shape)];
    case 'Expand':
      return [b.expand(aligned(b, x, rank + 1), ports[0].shape)];
    case 'Tile':
      return emit([x, b.list([1, ...numbers(inputs[1]!)])]);
    case 'Transpose':
      return [b.transpose(x, [0, ...later(attributes.perm as number[])])];
    case 'Slice':
      return emit([x, inputs[1], inputs[2], b.list(later(numbers(inputs[3]!))), inputs[4]]);
    case 'Pad': {
      const pads = numbers(inputs[1]!);
      const half = pads.length / 2;
      return emit([x, b.list([0, ...pads.slice(0, half), 0, ...pads.slice(half)]), ...inputs.slice(2)]);
    }
    case 'CumSum':
      return emit([x, b.scalar(Number(inputs[1]!.data![0]) + 1, 'int32')]);
    case 'TopK':
      return emit([x, inputs[1]]);
    case 'Split':
    case 'Softmax':
    case 'ArgMax':
    case 'ArgMin':
      return emit([x, ...inputs.slice(1)], axis < 0 ? {} : { axis: axis + 1 });
  }
  if (op.startsWith('Reduce')) return emit([x, b.list(later(numbers(inputs[1]!)))]);
  return undefined;
}

/** A stack of values of a lower rank, with dimensions of 1 after the steps. */
function aligned(b: Builder, stack: Value, rank: number): Value {
  const missing = rank - stack.shape.length;
  if (missing <= 0) return stack;
  return b.reshape(stack, [stack.shape[0], ...Array(missing).fill(1), ...stack.shape.slice(1)]);
}
