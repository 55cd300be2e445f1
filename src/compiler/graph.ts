/**
 * The graph that is built while a function is traced: ONNX nodes before they are written to a file.
 *
 * Shapes are physical and concrete. A node that was already made (same operation, domain, inputs and attributes) is
 * not made again, and only what the outputs need is written.
 */
import { allocate, type Data, type DType, sizeOf, toData } from './dtype.ts';

/** A tensor in the graph: an input, a constant, or one output of a node. */
export interface Value {
  readonly id: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The node it comes from; absent for inputs and constants. */
  readonly node?: GraphNode;
  readonly data?: Data;
  /** The name of a graph input. */
  readonly input?: string;
}

/** Numbers are integer attributes; `{ float }` and `{ floats }` floating-point ones; `{ graph }` the body of a control-flow node. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: Body };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface GraphNode {
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
}

/** The body of a loop: its own inputs and outputs; every other value it uses comes from the graph around it. */
export interface Body {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
}

export interface Port {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export const float = (value: number): { float: number } => ({ float: value });

export class Graph {
  readonly inputs: Value[] = [];
  #ids = 0;
  readonly #known = new Map<string, readonly Value[]>();
  readonly #constants = new Map<string, Value[]>();

  input(name: string, dtype: DType, shape: readonly number[]): Value {
    const value: Value = { id: this.#ids++, dtype, shape, input: name };
    this.inputs.push(value);
    return value;
  }

  /** A value that stands for itself: the input of a loop's body. */
  free(dtype: DType, shape: readonly number[]): Value {
    return { id: this.#ids++, dtype, shape };
  }

  /** The same bits in the same shape are one value, so that what is made of them is too. */
  constant(data: Data, shape: readonly number[], dtype: DType): Value {
    const key = `${dtype}[${shape}]${checksum(data)}`;
    const alike = this.#constants.get(key) ?? [];
    const known = alike.find((value) => sameBits(value.data!, data));
    if (known) return known;
    const value: Value = { id: this.#ids++, dtype, shape, data };
    this.#constants.set(key, [...alike, value]);
    return value;
  }

  scalar(x: number, dtype: DType = 'float32'): Value {
    return this.constant(toData(dtype, [x]), [], dtype);
  }

  /** A list of int64 numbers: shapes, axes, starts and ends are given to ONNX like this. */
  list(values: readonly number[]): Value {
    return this.constant(toData('int64', values), [values.length], 'int64');
  }

  filled(x: number, shape: readonly number[], dtype: DType): Value {
    const data = allocate(dtype, sizeOf(shape));
    if (x !== 0) data.fill((dtype === 'int64' ? BigInt(x) : x) as never);
    return this.constant(data, shape, dtype);
  }

  /** Adds a node (or finds the same one) and returns its outputs. */
  nodes(
    op: string,
    inputs: readonly (Value | null)[],
    ports: readonly Port[],
    attributes: Attributes = {},
    domain = '',
  ): readonly Value[] {
    const key = `${domain}:${op}(${inputs.map((v) => v?.id ?? '')})${keyOf(attributes)}`;
    const known = this.#known.get(key);
    if (known) return known;
    const outputs: Value[] = [];
    const node: GraphNode = { op, domain, inputs, attributes, outputs };
    for (const { dtype, shape } of ports) outputs.push({ id: this.#ids++, dtype, shape, node });
    this.#known.set(key, outputs);
    return outputs;
  }

  /** Adds a node with one output. */
  node(
    op: string,
    inputs: readonly (Value | null)[],
    dtype: DType,
    shape: readonly number[],
    attributes: Attributes = {},
    domain = '',
  ): Value {
    return this.nodes(op, inputs, [{ dtype, shape }], attributes, domain)[0];
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Data): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** FNV-1a, of 32 bits. */
function checksum(data: Data): number {
  let hash = 0x811c9dc5;
  const bytes = bytesOf(data);
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash;
}

function sameBits(a: Data, b: Data): boolean {
  const [p, q] = [bytesOf(a), bytesOf(b)];
  return p.length === q.length && p.every((byte, i) => byte === q[i]);
}

function keyOf(attributes: Attributes): string {
  let key = '';
  for (const name in attributes) {
    const value = attributes[name];
    // A body is made once, for one node.
    if (typeof value === 'object' && 'graph' in value) key += `${name}=body${value.graph.outputs.map((v) => v.id)}`;
    else if (typeof value === 'object' && 'floats' in value) key += `${name}=${value.floats};`;
    else key += `${name}=${typeof value === 'object' && 'float' in value ? value.float : value};`;
  }
  return key;
}

/** The nodes that the given values need, inputs before users; values in `known` are taken as given. */
export function reachable(outputs: readonly Value[], known: ReadonlySet<Value> = new Set()): GraphNode[] {
  const order: GraphNode[] = [];
  const state = new Map<GraphNode, number>();
  // An explicit stack: an unrolled network of a thousand steps is deeper than the call stack.
  const stack: GraphNode[] = [];
  const push = (value: Value | null): void => {
    if (value?.node && !known.has(value) && !state.has(value.node)) stack.push(value.node);
  };
  for (const output of outputs) {
    push(output);
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const seen = state.get(node);
      if (seen === undefined) {
        state.set(node, 0);
        for (let i = node.inputs.length - 1; i >= 0; i--) push(node.inputs[i]);
        for (const body of bodies(node)) for (const value of inside(body).captured) push(value);
      } else {
        stack.pop();
        if (seen === 0) {
          state.set(node, 1);
          order.push(node);
        }
      }
    }
  }
  return order;
}

export function bodies(node: GraphNode): Body[] {
  return Object.values(node.attributes).flatMap((a) => (typeof a === 'object' && 'graph' in a ? [a.graph] : []));
}

/** The nodes of a body, and the values of the surrounding graph that it uses. */
export function inside(body: Body): { nodes: GraphNode[]; captured: Value[] } {
  const inner = new Set<Value>(body.inputs);
  // A node that uses no inner value belongs outside.
  const nodes = reachable(body.outputs, inner).filter((node) => {
    if (!node.inputs.some((input) => input && inner.has(input))) return false;
    for (const output of node.outputs) inner.add(output);
    return true;
  });
  const captured = new Set<Value>();
  for (const node of nodes) for (const input of node.inputs) if (input && !inner.has(input)) captured.add(input);
  for (const output of body.outputs) if (!inner.has(output)) captured.add(output);
  return { nodes, captured: [...captured] };
}
