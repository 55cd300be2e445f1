/** Writes a graph as an ONNX model. */
import proto from 'onnx-proto';
import { onnxType } from './dtype.ts';
import type { Dims } from './free-axis.ts';
import { type Attribute, type Body, bodies, type GraphNode, inside, reachable, type Value } from './graph.ts';

const { onnx } = proto;
type Onnx = typeof onnx;
type INode = NonNullable<Parameters<Onnx['NodeProto']['create']>[0]>;
type IAttribute = NonNullable<Parameters<Onnx['AttributeProto']['create']>[0]>;
type ITensor = NonNullable<Parameters<Onnx['TensorProto']['create']>[0]>;
type IGraph = NonNullable<Parameters<Onnx['GraphProto']['create']>[0]>;
type IValueInfo = NonNullable<Parameters<Onnx['ValueInfoProto']['create']>[0]>;

/** onnxruntime 1.22 and newer read all of it; nothing newer is used. */
const OPSET = 21;
const IR_VERSION = 10;

export interface Model {
  readonly bytes: Uint8Array;
  /** The graph inputs that are used. */
  readonly inputs: readonly Value[];
  readonly nodes: number;
  /** Names of the nodes that a GPU has no kernel for and takes all the same. */
  readonly notOnGpu: readonly string[];
}

/** ConvTranspose of volumes, in onnxruntime 1.30. */
const lacksKernel = ({ op, inputs }: GraphNode): boolean => op === 'ConvTranspose' && inputs[0]!.shape.length > 4;

/**
 * The model that computes the named outputs. Unused inputs are left out.
 *
 * @param dims the axes of values that have some that are open.
 * @param names of inputs that are to have others than their own.
 * @param sequence the name of an empty sequence that is to be the first output.
 */
export function writeModel(
  outputs: ReadonlyMap<string, Value>,
  {
    dims,
    names,
    sequence,
  }: { dims?: ReadonlyMap<Value, Dims>; names?: ReadonlyMap<string, string>; sequence?: string } = {},
): Model {
  const writer = new Writer(dims, names);
  const graph = writer.main(outputs);
  if (sequence !== undefined) {
    graph.node!.push({ opType: 'SequenceEmpty', output: [sequence] });
    graph.output!.unshift({
      name: sequence,
      type: { sequenceType: { elemType: { tensorType: { elemType: onnxType.float32 } } } },
    });
  }
  const bytes = onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: 'unequal',
    opsetImport: [
      { domain: '', version: OPSET },
      { domain: 'com.microsoft', version: 1 },
      { domain: 'com.microsoft.nchwc', version: 1 },
    ],
    graph,
  }).finish();
  return { bytes, inputs: writer.inputs, nodes: writer.nodes, notOnGpu: writer.notOnGpu };
}

/** The model that hands one tensor through, of any shape: from `from` to `to`. */
export function writeCopy(dtype: Value['dtype']): Uint8Array {
  const any = (name: string): IValueInfo => ({ name, type: { tensorType: { elemType: onnxType[dtype] } } });
  return onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: 'unequal',
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: 'copy',
      node: [{ opType: 'Identity', input: ['from'], output: ['to'] }],
      input: [any('from')],
      output: [any('to')],
    },
  }).finish();
}

class Writer {
  readonly inputs: Value[] = [];
  readonly notOnGpu: string[] = [];
  nodes = 0;
  readonly #constants: ITensor[] = [];
  readonly #seen = new Set<Value>();
  readonly #named = new Map<Value, string>();

  constructor(
    private readonly dims: ReadonlyMap<Value, Dims> = new Map(),
    private readonly names: ReadonlyMap<string, string> = new Map(),
  ) {}

  #info(name: string, value: Value): IValueInfo {
    return info(name, value.dtype, this.dims.get(value) ?? value.shape);
  }

  main(outputs: ReadonlyMap<string, Value>): IGraph {
    // A node's value takes the name of the output it is; handed-through values and second names are copies.
    const copies: [string, Value][] = [];
    for (const [name, value] of outputs) {
      if (value.node && !this.#named.has(value)) this.#named.set(value, name);
      else copies.push([name, value]);
    }
    const node = this.#nodes(reachable([...outputs.values()]));
    for (const [name, value] of copies) {
      this.#use(value);
      node.push({ opType: 'Identity', input: [this.#name(value)], output: [name] });
    }
    return {
      name: 'compiled',
      node,
      initializer: this.#constants,
      input: this.inputs.map((v) => this.#info(this.#name(v), v)),
      output: [...outputs].map(([name, v]) => this.#info(name, v)),
    };
  }

  #nodes(list: readonly GraphNode[]): INode[] {
    return list.map((node) => {
      this.nodes++;
      for (const input of node.inputs) if (input) this.#use(input);
      for (const body of bodies(node)) for (const value of inside(body).captured) this.#use(value);
      const name = lacksKernel(node) ? `on the processor ${this.notOnGpu.length}` : undefined;
      if (name !== undefined) this.notOnGpu.push(name);
      return {
        name,
        opType: node.op,
        domain: node.domain,
        input: node.inputs.map((v) => (v ? this.#name(v) : '')),
        output: node.outputs.map((v) => this.#name(v)),
        attribute: Object.entries(node.attributes).map(([name, value]) => this.#attribute(name, value)),
      };
    });
  }

  /** Declares inputs and constants where they are first used. */
  #use(value: Value): void {
    if (this.#seen.has(value)) return;
    this.#seen.add(value);
    if (value.input !== undefined) this.inputs.push(value);
    if (value.data) {
      const { buffer, byteOffset, byteLength } = value.data;
      const rawData = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
      this.#constants.push({
        name: this.#name(value),
        dataType: onnxType[value.dtype],
        dims: [...value.shape],
        rawData,
      });
    }
  }

  #name(value: Value): string {
    const { input } = value;
    if (input !== undefined) return this.#named.get(value) ?? this.names.get(input) ?? input;
    // In the order in which they are written: the same graph has the same names.
    if (!this.#named.has(value)) this.#named.set(value, `value:${this.#named.size}`);
    return this.#named.get(value)!;
  }

  #attribute(name: string, value: Attribute): IAttribute {
    if (typeof value === 'number') return { name, type: 2, i: value };
    if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
    if ('float' in value) return { name, type: 1, f: value.float };
    if ('floats' in value) return { name, type: 6, floats: [...value.floats] };
    if ('graph' in value) return { name, type: 5, g: this.#body(value.graph) };
    return { name, type: 7, ints: [...value] };
  }

  #body(body: Body): IGraph {
    const { nodes } = inside(body);
    const node = this.#nodes(nodes);
    // Only what a node of the body makes can be its output, and only once: everything else is copied.
    const made = new Set(nodes.flatMap((n) => n.outputs));
    const output = body.outputs.map((value, i) => {
      if (made.delete(value)) return this.#info(this.#name(value), value);
      const name = `${this.#name(body.inputs[0])}_out${i}`;
      node.push({ opType: 'Identity', input: [this.#name(value)], output: [name] });
      return this.#info(name, value);
    });
    const input = body.inputs.map((v) => this.#info(this.#name(v), v));
    return { name: `body of ${this.#name(body.inputs[0])}`, node, input, output };
  }
}

function info(name: string, dtype: Value['dtype'], shape: Dims): IValueInfo {
  const dim = shape.map((d) => (d === null ? {} : typeof d === 'string' ? { dimParam: d } : { dimValue: d }));
  return { name, type: { tensorType: { elemType: onnxType[dtype], shape: { dim } } } };
}
