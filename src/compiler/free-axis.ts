/**
 * One graph for every batch size, out of traces with three of them: traces are of concrete shapes, so what differs between
 * them is what depends on the batch. A number that grows with it is computed from the first axis of the first input.
 */
import { fault } from '../errors.ts';
import { Builder, identityPerm } from './builder.ts';
import { type Data, sameShape } from './dtype.ts';
import {
  type Attribute,
  type Attributes,
  type Body,
  bodies,
  type GraphNode,
  inside,
  reachable,
  type Value,
} from './graph.ts';

/** A size of an axis, or the name of an open one; null where it depends on the batch in another way. */
export type Dims = readonly (number | string | null)[];

export interface TracedGraph {
  readonly outputs: readonly Value[];
  /** The size of the batch it was traced with. */
  readonly batch: number;
}

export interface FreeGraph {
  readonly outputs: readonly Value[];
  /** The axes of values that depend on the batch. */
  readonly dims: ReadonlyMap<Value, Dims>;
}

/** The value that an input of the traces is in the new graph; undefined of what has none there. */
type Inputs = (name: string, graph: Builder) => Value | undefined;
type Three<T> = readonly [T, T, T];

const different = (what: string) =>
  fault({
    wrong: `it computes something else for another batch size: ${what} differs`,
    mend: 'make it independent of the batch size',
  });

/**
 * @param inputs the value each input of the graph is in the new one: its own, or a constant.
 * @throws UnequalError if the traces differ in more than sizes that grow with the batch.
 */
export function withFreeBatch(traces: Three<TracedGraph>, inputs: Inputs): FreeGraph {
  return new Merge(traces.map(({ batch }) => batch) as unknown as Three<number>, inputs).run(traces);
}

class Merge {
  readonly #graph = new Builder();
  readonly #values = new Map<Value, Value>();
  readonly #partners = new Map<Value, Three<Value>>();
  readonly #dims = new Map<Value, Dims>();
  readonly #batches: Three<number>;
  readonly #inputs: Inputs;
  #first: Value | undefined;

  constructor(batches: Three<number>, inputs: Inputs) {
    this.#batches = batches;
    this.#inputs = inputs;
  }

  run(traces: Three<TracedGraph>): FreeGraph {
    const orders = traces.map(({ outputs }) => reachable(outputs)) as unknown as Three<GraphNode[]>;
    // The batch is known from an input, so inputs come first.
    for (const node of orders[0]) {
      for (const value of node.inputs) if (value?.input !== undefined) this.#batchFrom(value);
    }
    for (const output of traces[0].outputs) if (output.input !== undefined) this.#batchFrom(output);
    this.#nodes(orders);
    const outputs = traces[0].outputs.map((_, k) =>
      this.#value(traces.map((one) => one.outputs[k]) as unknown as Three<Value>),
    );
    return { outputs, dims: this.#dims };
  }

  #batchFrom(value: Value): void {
    if (this.#first !== undefined || value.shape[0] !== this.#batches[0]) return;
    const own = this.#inputs(value.input!, this.#graph);
    if (own?.input === undefined) return;
    this.#values.set(value, own);
    this.#first = own;
    this.#dims.set(own, ['batch', ...own.shape.slice(1)]);
  }

  #nodes(orders: Three<readonly GraphNode[]>): void {
    const [first, ...others] = orders;
    if (others.some(({ length }) => length !== first.length)) throw different('the number of operations');
    for (const [k] of first.entries()) this.#node(orders.map((order) => order[k]) as unknown as Three<GraphNode>);
  }

  #node(nodes: Three<GraphNode>): void {
    const [node, ...others] = nodes;
    for (const other of others) {
      if (other.op !== node.op || other.domain !== node.domain || other.inputs.length !== node.inputs.length) {
        throw different(`${node.op}, which is ${other.op},`);
      }
    }
    const inputs = node.inputs.map((input, i) => {
      const three = nodes.map((one) => one.inputs[i]);
      if (three.some((one) => one === null) !== (input === null)) throw different(`an input of ${node.op}`);
      if (input === null) return null;
      const values = three as unknown as Three<Value>;
      return (node.op === 'Reshape' && i === 1 && this.#inferred(values)) || this.#value(values);
    });
    const attributes = this.#attributes(nodes);
    const made = this.#made(node, inputs, attributes);
    for (const i of node.outputs.keys()) {
      this.#remember(nodes.map((one) => one.outputs[i]) as unknown as Three<Value>, made[i]);
    }
  }

  #made(node: GraphNode, inputs: readonly (Value | null)[], attributes: Attributes): readonly Value[] {
    const { op, domain, outputs } = node;
    if (op !== 'FusedMatMul') return this.#graph.nodes(op, inputs, outputs, attributes, domain);
    // Every runtime knows the product; that of transposed matrices only ours.
    const turned = (value: Value, turn: Attribute): Value => {
      if (turn !== 1) return value;
      const rank = value.shape.length;
      const perm = [...identityPerm(rank - 2), rank - 1, rank - 2];
      return this.#graph.node(
        'Transpose',
        [value],
        value.dtype,
        perm.map((p) => value.shape[p]),
        { perm },
      );
    };
    const [a, b] = [turned(inputs[0]!, attributes.transA), turned(inputs[1]!, attributes.transB)];
    return this.#graph.nodes('MatMul', [a, b], outputs);
  }

  #attributes(nodes: Three<GraphNode>): Attributes {
    const [node, ...others] = nodes;
    const inner = nodes.map(bodies);
    const merged: Record<string, Attribute> = {};
    let body = 0;
    for (const [name, value] of Object.entries(node.attributes)) {
      if (typeof value === 'object' && 'graph' in value) {
        const k = body++;
        merged[name] = { graph: this.#body(inner.map((list) => list[k]) as unknown as Three<Body>) };
        continue;
      }
      if (others.some(({ attributes }) => JSON.stringify(attributes[name]) !== JSON.stringify(value))) {
        throw different(`${name} of ${node.op}`);
      }
      merged[name] = value;
    }
    return merged;
  }

  #body(three: Three<Body>): Body {
    const inputs = three[0].inputs.map((input, i) => {
      const free = this.#graph.free(input.dtype, input.shape);
      this.#remember(three.map((one) => one.inputs[i]) as unknown as Three<Value>, free);
      return free;
    });
    this.#nodes(three.map((one) => inside(one).nodes) as unknown as Three<GraphNode[]>);
    const outputs = three[0].outputs.map((_, i) =>
      this.#value(three.map((one) => one.outputs[i]) as unknown as Three<Value>),
    );
    return { inputs, outputs };
  }

  #remember(three: Three<Value>, value: Value): void {
    this.#values.set(three[0], value);
    this.#partners.set(three[0], three);
    const dims = this.#dimsOf(three);
    if (dims.some((d) => typeof d !== 'number')) this.#dims.set(value, dims);
  }

  #dimsOf([a, b, c]: Three<Value>): Dims {
    if (a.shape.length !== b.shape.length || a.shape.length !== c.shape.length) throw different('a number of axes');
    return a.shape.map((d, i) => {
      if (d === b.shape[i] && d === c.shape[i]) return d;
      return [d, b.shape[i], c.shape[i]].every((size, k) => size === this.#batches[k]) ? 'batch' : null;
    });
  }

  /** What stands for a value of the three traces. */
  #value(three: Three<Value>): Value {
    const [value] = three;
    const known = this.#values.get(value);
    if (known !== undefined) {
      const before = this.#partners.get(value);
      if (before?.some((one, k) => one !== three[k])) throw different('what is used twice');
      return known;
    }
    if (value.input !== undefined) {
      if (three.some(({ input }) => input !== value.input)) throw different('an input');
      const own = this.#inputs(value.input, this.#graph);
      if (own === undefined) throw fault({ wrong: 'it draws random numbers when it predicts' });
      this.#remember(three, own);
      return own;
    }
    if (value.data === undefined) throw different('an operation');
    const made = this.#constant(three);
    this.#remember(three, made);
    return made;
  }

  #constant(three: Three<Value>): Value {
    const [a, b, c] = three;
    if ([b, c].some(({ data, dtype }) => data === undefined || dtype !== a.dtype)) throw different('a constant');
    const numbers = three.map(({ data }) => numbersOf(data!)) as unknown as Three<number[]>;
    if (three.every(({ shape }) => sameShape(shape, a.shape))) {
      const sizes = numbers[0].map((_, i) => this.#growing(numbers.map((list) => list[i]) as unknown as Three<number>));
      if (sizes.every(({ slope }) => slope === 0)) return this.#graph.constant(a.data!, a.shape, a.dtype);
      if (a.dtype === 'int64' && a.shape.length === 1) return this.#computed(sizes);
      throw different('a number');
    }
    // One number everywhere, in as many places as the batch has.
    if (!numbers.every((list) => list.every((x) => x === numbers[0][0]))) throw different('a table of numbers');
    const shape = a.shape.map((_, i) => this.#growing(three.map(({ shape }) => shape[i]) as unknown as Three<number>));
    const scalar = this.#graph.constant(a.data!.slice(0, 1) as typeof a.data & object, [], a.dtype);
    return this.#graph.node('Expand', [scalar, this.#computed(shape)], a.dtype, a.shape);
  }

  /** base + slope × batch, of a size in the three traces. */
  #growing([p, q, r]: Three<number>): Size {
    if (p === q && p === r) return { base: p, slope: 0 };
    const [m, n, o] = this.#batches;
    const slope = (q - p) / (n - m);
    const base = p - slope * m;
    if (!Number.isInteger(slope) || base + slope * o !== r) throw different('a size that does not grow with the batch');
    return { base, slope };
  }

  #computed(sizes: readonly Size[]): Value {
    if (this.#first === undefined) throw fault({ wrong: 'no input has a batch axis' });
    const graph = this.#graph;
    const batch = graph.node('Shape', [this.#first], 'int64', [1], { start: 0, end: 1 });
    const grown = graph.node('Mul', [batch, graph.list(sizes.map(({ slope }) => slope))], 'int64', [sizes.length]);
    return graph.node('Add', [grown, graph.list(sizes.map(({ base }) => base))], 'int64', [sizes.length]);
  }

  /** A shape with one axis that grows with the batch is one that a runtime infers. */
  #inferred(three: Three<Value>): Value | undefined {
    const [a, b, c] = three.map(({ data }) => data && numbersOf(data));
    if (a === undefined || b === undefined || c === undefined || a.length !== b.length || a.length !== c.length)
      return undefined;
    const differ = a.flatMap((d, i) => (d === b[i] && d === c[i] ? [] : [i]));
    if (differ.length !== 1 || a.includes(0)) return undefined;
    return this.#graph.list(a.map((d, i) => (i === differ[0] ? -1 : d)));
  }
}

const numbersOf = (data: Data): number[] => Array.from(data as ArrayLike<number | bigint>, Number);

interface Size {
  readonly base: number;
  readonly slope: number;
}
