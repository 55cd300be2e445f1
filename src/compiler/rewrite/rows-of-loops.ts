/** Rows of a loop: the same loop over all rows, where there is one, has them. */
import type { Builder } from '../builder.ts';
import { type Body, type GraphNode, inside, reachable, type Value } from '../graph.ts';
import { forAllRows, type Rows, type RowsOf, sameForAll, sameSplit } from './rows.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Loop {
  readonly node: GraphNode;
  readonly body: Body;
  /** How many of the inputs are states; the others are scanned. */
  readonly states: number;
  readonly inputDirections: readonly number[];
  readonly outputDirections: number[];
}

function loopOf(node: GraphNode): Loop {
  const { body, num_scan_inputs, scan_input_directions, scan_output_directions } = node.attributes;
  const scanned = num_scan_inputs as number;
  const directions = (given: unknown, length: number): number[] =>
    (given as number[] | undefined) ?? Array(length).fill(0);
  return {
    node,
    body: (body as { graph: Body }).graph,
    states: node.inputs.length - scanned,
    inputDirections: directions(scan_input_directions, scanned),
    outputDirections: directions(scan_output_directions, node.outputs.length - node.inputs.length + scanned),
  };
}

/**
 * The outputs of a loop as rows of those of one of `candidates`, if that is the same loop over all rows; it is made to give those it
 * does not yet give.
 *
 * @param used whether an output is needed.
 */
export function loopForAllRows(
  e: Builder,
  node: GraphNode,
  rowsOf: RowsOf,
  candidates: readonly GraphNode[],
  used: (output: Value) => boolean,
): readonly (Rows | undefined)[] | undefined {
  for (const candidate of candidates) {
    const rows = candidate === node ? undefined : match(e, loopOf(node), loopOf(candidate), rowsOf, used);
    if (rows) return rows;
  }
  return undefined;
}

function match(
  e: Builder,
  some: Loop,
  all: Loop,
  rowsOf: RowsOf,
  used: (output: Value) => boolean,
): readonly (Rows | undefined)[] | undefined {
  const sources = some.node.inputs as readonly Value[];
  const first = sources.map(rowsOf).find((rows) => rows !== undefined);
  if (!first || some.states !== all.states || sources.length !== all.node.inputs.length) return undefined;
  const inner = new Map<Value, Rows>();
  const matched = new Set<number>();
  for (const i of sources.keys()) {
    const rows = i < some.states ? stateRows(i) : scannedRows(i);
    if (!rows) return undefined;
    inner.set(some.body.inputs[i], rows);
  }

  const known: RowsOf = (value) => inner.get(value) ?? rowsOf(value);
  const there = new Set(inside(all.body).nodes);
  for (const step of inside(some.body).nodes) {
    const wide = forAllRows(e, step, known);
    if (!wide?.every(({ full }) => !full.node || there.has(full.node))) continue;
    for (const [i, output] of step.outputs.entries()) inner.set(output, wide[i]);
  }
  for (let i = 0; i < some.states; i++) {
    const before = inner.get(some.body.inputs[i])!;
    const after = inner.get(some.body.outputs[i]);
    const same = after && after.full === all.body.outputs[i] && after.dim === before.dim && sameSplit(after, before);
    if (!same) return undefined;
  }
  // What else the loop over all rows computes may need the rows.
  if (reachable(all.node.outputs).includes(some.node)) return undefined;
  return some.node.outputs.map((output, i) => {
    const rows = inner.get(some.body.outputs[i]);
    if (!rows || !used(output)) return undefined;
    if (i < some.states) return { ...rows, full: all.node.outputs[i] };
    const direction = some.outputDirections[i - some.states];
    return { ...rows, dim: rows.dim + 1, full: stacked(e, all, rows.full, direction, output.shape[0]) };
  });

  function scannedRows(i: number): Rows | undefined {
    const rows = rowsOf(sources[i]);
    if (!rows || rows.dim === 0 || rows.index !== first!.index) return undefined;
    const direction = some.inputDirections[i - some.states];
    const at = all.node.inputs.findIndex(
      (v, k) =>
        k >= all.states && !matched.has(k) && v === rows.full && all.inputDirections[k - all.states] === direction,
    );
    if (at < 0) return undefined;
    matched.add(at);
    return { ...rows, dim: rows.dim - 1, full: all.body.inputs[at] };
  }

  /** A state starts from rows of that of all, or from what is the same for every row. */
  function stateRows(i: number): Rows | undefined {
    const whole = all.node.inputs[i]!;
    const { index, of } = first!;
    const rows = rowsOf(sources[i]);
    if (rows) return rows.index === index && rows.full === whole ? { ...rows, full: all.body.inputs[i] } : undefined;
    const { shape } = sources[i];
    const dim = shape.findIndex((d, k) => d !== whole.shape[k]);
    if (dim < 0) return undefined;
    const place = { dim, outer: 1, inner: shape[dim] / index.shape[0] };
    const same = Number.isInteger(place.inner) && sameForAll(e, sources[i], dim, place, of) === whole;
    return same ? { ...place, full: all.body.inputs[i], index, of } : undefined;
  }
}

/** The stack of an inner value over the steps of the loop, which gives it from now on. */
function stacked(
  e: Builder,
  { node, body, states, outputDirections }: Loop,
  value: Value,
  direction: number,
  steps: number,
): Value {
  const known = body.outputs.findIndex(
    (v, k) => k >= states && v === value && outputDirections[k - states] === direction,
  );
  if (known >= 0) return node.outputs[known];
  const stack: Value = { ...e.free(value.dtype, [steps, ...value.shape]), node };
  (body.outputs as Value[]).push(value);
  (node.outputs as Value[]).push(stack);
  outputDirections.push(direction);
  (node.attributes as Mutable<GraphNode['attributes']> as Record<string, number[]>).scan_output_directions =
    outputDirections;
  return stack;
}
