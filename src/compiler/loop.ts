/**
 * A loop over the steps of a sequence, as ONNX's `Scan`.
 *
 * The step is given as ordinary nodes between free values. Only what the state of the next step needs runs in the loop;
 * everything else is computed for all steps at once outside: what does not depend on the state before it, what merely
 * reads the states after it. A sum over the steps of products (the gradient of a weight) is one product of the stacks.
 *
 * The backward loop is built over the forward one: values of the forward step that it uses are stacked there.
 */

import type { Body, GraphNode, Value } from './graph.ts';
import type { Emitter } from './symbol.ts';
import { vectorise } from './vectorise.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** How a value of the step varies: not at all, with the step alone, or with the state. */
type Kind = 0 | 1 | 2;

export class Loop {
  readonly #e: Emitter;
  readonly #length: number;
  readonly #reverse: boolean;
  readonly #forward: Loop | undefined;
  readonly #sources = new Map<Value, Value>();
  readonly #states: { readonly inner: Value; readonly initial: Value }[] = [];
  readonly #kinds = new Map<Value, Kind>();
  readonly #own = new Map<Value, boolean>();
  readonly #core = new Set<GraphNode>();
  readonly #stacks = new Map<Value, Value>();
  readonly #vectors = new Map<GraphNode, readonly Value[] | undefined>();
  readonly #walked = new Set<GraphNode>();
  readonly #fed = new Set<Value>();
  #inputs: Value[] = [];
  #outputs: Value[] = [];
  #body: { inputs: Value[]; outputs: Value[] } = { inputs: [], outputs: [] };
  #node: GraphNode | undefined;
  #scans = 0;

  constructor(e: Emitter, length: number, options: { reverse?: boolean; forward?: Loop } = {}) {
    this.#e = e;
    this.#length = length;
    this.#reverse = options.reverse ?? false;
    this.#forward = options.forward;
  }

  /** A free value that is row t of `source` in step t. */
  scanned(shape: readonly number[], source: Value): Value {
    const inner = this.#e.free(source.dtype, shape);
    this.#sources.set(inner, source);
    return inner;
  }

  /** A free value that is carried from step to step. */
  carried(initial: Value): Value {
    const inner = this.#e.free(initial.dtype, initial.shape);
    this.#states.push({ inner, initial });
    return inner;
  }

  /** States what becomes of the carried values in a step; returns them after the last one. */
  close(next: readonly Value[]): readonly Value[] {
    this.#inputs = this.#states.map((s) => s.initial);
    this.#body = { inputs: this.#states.map((s) => s.inner), outputs: [...next] };
    const finals: Value[] = [];
    const attributes = { body: { graph: this.#body as Body }, num_scan_inputs: 0 };
    this.#node = { op: 'Scan', domain: '', inputs: this.#inputs, attributes, outputs: finals };
    this.#outputs = finals;
    for (const { initial } of this.#states)
      finals.push({ ...this.#e.free(initial.dtype, initial.shape), node: this.#node });
    for (const value of next) this.#markCore(value);
    for (const value of next) this.#walk(value);
    if (this.#scans === 0) this.#scanNothing();
    return finals.slice();
  }

  /** The value in every step, stacked along a new first dimension in the order of the sequence. */
  stack(value: Value): Value {
    const known = this.#stacks.get(value);
    if (known) return known;
    const stack = this.#stack(value);
    this.#stacks.set(value, stack);
    return stack;
  }

  /** The sum of a value over the steps. */
  sum(value: Value): Value {
    const e = this.#e;
    if (this.kind(value) === 0) return e.binary('Mul', value, e.scalar(this.#length, value.dtype));
    const node = value.node;
    if (node && !this.#core.has(node)) {
      const [a, b] = node.inputs as Value[];
      if (
        node.op === 'Gemm' &&
        node.attributes.transA === 1 &&
        node.attributes.transB === 0 &&
        node.inputs.length === 2
      ) {
        if (this.kind(a) > 0 && this.kind(b) > 0) return e.matmul(this.#flat(a), this.#flat(b), true, false);
      }
      if (node.op === 'Add' && a.shape.join() === b.shape.join()) return e.binary('Add', this.sum(a), this.sum(b));
      if (node.op === 'Reshape') return e.reshape(this.sum(a), value.shape);
      if (node.op === 'Transpose') return e.transpose(this.sum(a), node.attributes.perm as number[]);
      if (node.op === 'Neg') return e.unary('Neg', this.sum(a));
      if (node.op === 'ReduceSum') {
        const axes = Array.from(b.data as BigInt64Array, Number);
        return e.reduce('ReduceSum', this.sum(a), axes, node.attributes.keepdims === 1);
      }
    }
    return e.reduce('ReduceSum', this.stack(value), [0], false);
  }

  kind(value: Value): Kind {
    const known = this.#kinds.get(value);
    if (known !== undefined) return known;
    let kind: Kind = 0;
    if (this.#states.some((s) => s.inner === value)) kind = 2;
    else if (this.#sources.has(value) || this.#forward?.isFree(value)) kind = 1;
    else for (const input of value.node?.inputs ?? []) if (input) kind = Math.max(kind, this.kind(input)) as Kind;
    this.#kinds.set(value, kind);
    return kind;
  }

  isFree(value: Value): boolean {
    return (
      this.#sources.has(value) || this.#states.some((s) => s.inner === value) || (this.#forward?.isFree(value) ?? false)
    );
  }

  #flat(value: Value): Value {
    const { shape } = value;
    return this.#e.reshape(this.stack(value), [this.#length * shape[0], ...shape.slice(1)]);
  }

  #stack(value: Value): Value {
    if (this.kind(value) === 0) return this.#e.expand(value, [this.#length, ...value.shape]);
    const source = this.#sources.get(value);
    if (source) return source;
    if (this.#forward && !this.#isOwn(value)) return this.#forward.stack(value);
    if (!value.node || this.#core.has(value.node)) return this.#output(value);
    const vector = this.#vector(value.node);
    return vector ? vector[value.node.outputs.indexOf(value)] : this.#output(value);
  }

  /** The node over all steps at once, if it can be done. */
  #vector(node: GraphNode): readonly Value[] | undefined {
    if (!this.#vectors.has(node)) {
      const stacks = (v: Value): Value | undefined => (this.kind(v) > 0 ? this.stack(v) : undefined);
      this.#vectors.set(node, vectorise(this.#e, node, this.#length, stacks));
    }
    return this.#vectors.get(node);
  }

  /** Whether a value depends on this loop's own free values, not on the forward loop's alone. */
  #isOwn(value: Value): boolean {
    const known = this.#own.get(value);
    if (known !== undefined) return known;
    const own =
      this.#sources.has(value) ||
      this.#states.some((s) => s.inner === value) ||
      (value.node?.inputs.some((input) => input !== null && this.#isOwn(input)) ?? false);
    this.#own.set(value, own);
    return own;
  }

  #markCore(value: Value): void {
    if (!value.node || this.#core.has(value.node) || this.kind(value) !== 2) return;
    this.#core.add(value.node);
    for (const input of value.node.inputs) if (input) this.#markCore(input);
  }

  /** Makes a value an output of every step. */
  #output(value: Value): Value {
    this.#walk(value);
    this.#body.outputs.push(value);
    const stack: Value = { ...this.#e.free(value.dtype, [this.#length, ...value.shape]), node: this.#node };
    this.#outputs.push(stack);
    this.#refresh();
    return stack;
  }

  /** Feeds the step what a value needs from outside: values that do not depend on the state come in as rows of stacks. */
  #walk(value: Value): void {
    if (this.#fed.has(value)) return;
    const kind = this.kind(value);
    if (kind === 0 || this.#states.some((s) => s.inner === value)) return;
    if (kind === 1) {
      const foreign = this.#sources.has(value) || (this.#forward && !this.#isOwn(value));
      if (foreign || (value.node && this.#vector(value.node))) {
        this.#fed.add(value);
        this.#inputs.push(this.stack(value));
        this.#body.inputs.push(value);
        this.#scans++;
        this.#refresh();
        return;
      }
    }
    const node = value.node!;
    if (this.#walked.has(node)) return;
    this.#walked.add(node);
    for (const input of node.inputs) if (input) this.#walk(input);
  }

  /** ONNX has no loop without a sequence: one of zeros that no step reads. */
  #scanNothing(): void {
    this.#inputs.push(this.#e.filled(0, [this.#length], 'float32'));
    this.#body.inputs.push(this.#e.free('float32', []));
    this.#scans++;
    this.#refresh();
  }

  #refresh(): void {
    const attributes = this.#node!.attributes as Mutable<GraphNode['attributes']>;
    const direction = this.#reverse ? 1 : 0;
    attributes.num_scan_inputs = this.#scans;
    attributes.scan_input_directions = Array(this.#scans).fill(direction);
    attributes.scan_output_directions = Array(this.#outputs.length - this.#states.length).fill(direction);
  }
}
