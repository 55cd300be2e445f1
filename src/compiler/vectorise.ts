/** One node of a loop's step as one node over all steps at once: every value that varies gets a leading dimension. */
import type { Builder } from './builder.ts';
import type { Attribute, GraphNode, Value } from './graph.ts';

/** The stacked form of a value, or undefined if it is the same in every step. */
export type Stacks = (value: Value) => Value | undefined;

const elementwise = new Set(
  `Add Sub Mul Div Max Min Pow Neg Abs Exp Log Sqrt Reciprocal Floor Ceil Round Sign Erf Sin Cos Tan Asin Acos Atan Sinh Cosh
  Relu LeakyRelu Elu Selu Sigmoid Tanh Softplus HardSigmoid Not And Or Equal Greater GreaterOrEqual Less LessOrEqual Where
  Cast IsNaN IsInf`.split(/\s+/),
);
const moved = new Set(['Reshape', 'Transpose', 'Slice', 'Concat', 'Split', 'Softmax', 'MatMul', 'Gemm', 'Expand']);

export const vectorisable = ({ op }: GraphNode): boolean => elementwise.has(op) || moved.has(op) || op.startsWith('Reduce');

const numbers = (value: Value): number[] => Array.from(value.data as BigInt64Array, Number);
const later = (list: readonly number[]): number[] => list.map((i) => i + 1);

/** The node's outputs over `length` steps, or undefined where it cannot be done. */
export function vectorise(b: Builder, node: GraphNode, length: number, stacks: Stacks): readonly Value[] | undefined {
  const { op, inputs, attributes, outputs } = node;
  const ports = outputs.map(({ dtype, shape }) => ({ dtype, shape: [length, ...shape] }));
  const rank = outputs[0].shape.length;
  const stacked = inputs.map((v) => (v ? stacks(v) : undefined));
  const emit = (list: readonly (Value | null)[], changed: Record<string, Attribute> = {}): readonly Value[] =>
    b.nodes(op, list, ports, { ...attributes, ...changed }, node.domain);

  if (elementwise.has(op)) {
    return emit(inputs.map((v, i) => (stacked[i] ? aligned(b, stacked[i], rank + 1) : v)));
  }
  const x = stacked[0];
  if (op === 'MatMul') return matmul(b, node, stacked, length);
  if (op === 'Gemm') return gemm(b, node, stacked, length);
  if (op === 'Concat') {
    const parts = inputs.map((v, i) => stacked[i] ?? b.expand(v!, [length, ...v!.shape]));
    return emit(parts, { axis: (attributes.axis as number) + 1 });
  }
  // The rest has one tensor and lists that are constants.
  if (!x || inputs.slice(1).some((v) => v && !v.data)) return undefined;
  const axis = attributes.axis as number;
  switch (op) {
    case 'Reshape':
      return [b.reshape(x, ports[0].shape)];
    case 'Expand':
      return [b.expand(aligned(b, x, rank + 1), ports[0].shape)];
    case 'Transpose':
      return [b.transpose(x, [0, ...later(attributes.perm as number[])])];
    case 'Slice':
      return emit([x, inputs[1], inputs[2], b.list(later(numbers(inputs[3]!))), inputs[4]]);
    case 'Split':
      return emit([x, inputs[1]], { axis: axis + 1 });
    case 'Softmax':
      return axis < 0 ? emit([x]) : emit([x], { axis: axis + 1 });
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

function matmul(b: Builder, { inputs }: GraphNode, stacked: readonly (Value | undefined)[], length: number): Value[] | undefined {
  const [x, y] = inputs as Value[];
  if (x.shape.length !== 2 || y.shape.length !== 2) return undefined;
  if (stacked[0] && !stacked[1]) return [rows(b, stacked[0], y, false, length)];
  return [b.matmul(stacked[0] ?? x, stacked[1] ?? y)];
}

function gemm(b: Builder, node: GraphNode, stacked: readonly (Value | undefined)[], length: number): Value[] | undefined {
  const { inputs, attributes } = node;
  if (inputs.length > 2) return undefined;
  const [x, y] = inputs as Value[];
  const { transA, transB } = attributes;
  if (stacked[0] && !stacked[1] && !transA) return [rows(b, stacked[0], y, transB === 1, length)];
  return [b.matmul(stacked[0] ?? x, stacked[1] ?? y, transA === 1, transB === 1)];
}

/** One product for the rows of all steps. */
function rows(b: Builder, stack: Value, matrix: Value, transposed: boolean, length: number): Value {
  const [, m, k] = stack.shape;
  const product = b.matmul(b.reshape(stack, [length * m, k]), matrix, false, transposed);
  return b.reshape(product, [length, m, product.shape[1]]);
}
