/**
 * A pass over a graph in which a function is evaluated for all rows of a batch and again for some of them, `f(x)` and `f(x[rows])`:
 * what treats the rows one by one is not computed again but taken from the whole, `f(x)[rows]`. Only what else needs it is gathered: in
 * training, what the backward pass reads.
 */
import type { Builder } from '../builder.ts';
import { sizeOf } from '../dtype.ts';
import { type Body, bodies, type GraphNode, inside, reachable, type Value } from '../graph.ts';
import { isStep } from '../lower/step.ts';
import { forAllRows, type Rows } from './rows.ts';
import { loopForAllRows } from './rows-of-loops.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Results = ReadonlyMap<string, Value>;

export interface Shared {
  readonly results: Results;
  /** Multiplications that the choice of the rows takes, and those among them that are not done again for the rows. */
  readonly work: { readonly whole: number; readonly shared: number };
}

/** Changes the nodes in place; a graph that gathers no rows stays as it is. */
export function shareForward(results: Results, e: Builder): Shared {
  const nodes = reachable([...results.values()]);
  const taken = rowsTaken(nodes, results, e);
  const relus = new Map(nodes.filter(({ op }) => op === 'Relu').map((node) => [node.inputs[0], node.outputs[0]]));

  const replaced = (value: Value, user?: GraphNode): Value => {
    const rows = taken.get(value);
    if (!rows) return value;
    // The step of what a ReLU was given is the step of its result, which the backward pass reads anyway.
    const relu = user && isStep(user) ? relus.get(rows.full) : undefined;
    if (relu) return gather(e, { ...rows, full: relu }, value.shape);
    // A reshape costs nothing, and what it reshapes may be gathered for others too.
    return value.node?.op === 'Reshape' ? value : gather(e, rows, value.shape);
  };
  const after = new Map([...results].map(([name, value]) => [name, replaced(value)]));
  const pending = [...after.values()];
  const seen = new Set<GraphNode>();
  const rewrite = (node: GraphNode): void => {
    (node as Mutable<GraphNode>).inputs = node.inputs.map((value) => value && replaced(value, node));
  };
  for (let value = pending.pop(); value; value = pending.pop()) {
    const { node } = value;
    if (!node || seen.has(node)) continue;
    seen.add(node);
    rewrite(node);
    for (const input of node.inputs) if (input) pending.push(input);
    for (const body of bodies(node)) {
      inside(body).nodes.forEach(rewrite);
      for (const captured of inside(body).captured) pending.push(captured);
    }
  }
  return { results: after, work: workOf(taken) };
}

/** The values that are rows of others in the graph. */
function rowsTaken(nodes: readonly GraphNode[], results: Results, e: Builder): ReadonlyMap<Value, Rows> {
  const live = new Set(nodes);
  const loops = nodes.filter(({ op }) => op === 'Scan');
  const captured = nodes.flatMap(bodies).flatMap((body) => inside(body).captured);
  const used = new Set<Value | null>([...nodes.flatMap(({ inputs }) => inputs), ...captured, ...results.values()]);
  const taken = new Map<Value, Rows>();
  const rowsOf = (value: Value): Rows | undefined => taken.get(value);
  for (const node of nodes) {
    const found =
      node.op === 'Scan'
        ? loopForAllRows(e, node, rowsOf, loops, (output) => used.has(output))
        : forAllRows(e, node, rowsOf);
    // What nobody computes for all the rows is cheaper for some of them.
    const shared = found?.every((r) => !r?.full.node || live.has(r.full.node));
    // An embedding gathers too, by what may be rows itself.
    const rows = shared ? found : gathered(node);
    rows?.forEach((r, i) => {
      if (r) taken.set(node.outputs[i], r);
    });
  }
  return taken;
}

/** The rows that a node gathers from the first dimension, if it does nothing else. */
function gathered({ op, attributes, inputs }: GraphNode): readonly Rows[] | undefined {
  const [full, index] = inputs;
  if (op !== 'Gather' || attributes.axis !== 0 || index?.shape.length !== 1 || index.data) return undefined;
  return [{ full: full!, index, of: full!.shape[0], dim: 0, outer: 1, inner: 1 }];
}

function gather(e: Builder, { full, index, of, dim, outer, inner }: Rows, shape: readonly number[]): Value {
  if (outer === 1 && inner === 1) return e.gather(full, index, dim);
  const split = [...full.shape.slice(0, dim), outer, of, inner, ...full.shape.slice(dim + 1)];
  return e.reshape(e.gather(e.reshape(full, split), index, dim + 1), shape);
}

function workOf(taken: ReadonlyMap<Value, Rows>): Shared['work'] {
  const indices = new Set([...taken.values()].map(({ index }) => index));
  const full = new Set([...taken.values()].map((rows) => rows.full.node));
  const nodes = reachable([...indices]);
  const sum = (list: readonly GraphNode[]): number => list.reduce((total, node) => total + work(node), 0);
  return { whole: sum(nodes), shared: sum(nodes.filter((node) => full.has(node))) };
}

/** Multiplications of products and convolutions, to compare them with each other. */
function work(node: GraphNode): number {
  const [x, y] = node.inputs as readonly Value[];
  const size = sizeOf(node.outputs[0].shape);
  switch (node.op) {
    case 'Conv':
      return (size * sizeOf(y.shape)) / y.shape[0];
    case 'ConvTranspose':
      return (sizeOf(x.shape) * sizeOf(y.shape)) / y.shape[0];
    case 'MatMul':
    case 'FusedMatMul':
    case 'Gemm':
      return size * x.shape.at(node.attributes.transA === 1 ? -2 : -1)!;
    case 'Scan': {
      const { graph } = node.attributes.body as { graph: Body };
      const steps = node.inputs.at(-1)!.shape[0];
      return steps * inside(graph).nodes.reduce((total, step) => total + work(step), 0);
    }
    default:
      return 0;
  }
}
