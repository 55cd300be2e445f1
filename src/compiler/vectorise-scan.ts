/** A loop of every step as one loop over the states of all of them. */
import type { Builder } from './builder.ts';
import { type Body, type GraphNode, inside, type Value } from './graph.ts';
import type { Stacks, vectorise as Vectorise } from './vectorise.ts';

export function scan(
  b: Builder,
  node: GraphNode,
  length: number,
  stacks: Stacks,
  vectorise: typeof Vectorise,
): readonly Value[] | undefined {
  const { inputs, attributes, outputs } = node;
  const { graph: body } = attributes.body as { graph: Body };
  const states = inputs.length - (attributes.num_scan_inputs as number);
  const inner = new Map<Value, Value>();
  const sources: Value[] = [];
  const heads: Value[] = [];
  for (const [i, input] of (inputs as readonly Value[]).entries()) {
    const own = body.inputs[i];
    const stack = stacks(input);
    if (i < states || stack) {
      const wide = b.free(own.dtype, [length, ...own.shape]);
      inner.set(own, wide);
      heads.push(wide);
    } else {
      heads.push(own);
    }
    if (i < states) sources.push(stack ?? b.expand(input, [length, ...input.shape]));
    else sources.push(stack ? exchange(b, stack) : input);
  }
  const varying: Stacks = (value) => inner.get(value) ?? stacks(value);
  for (const step of inside(body).nodes) {
    if (!step.inputs.some((value) => value && varying(value))) continue;
    const wide = vectorise(b, step, length, varying);
    if (!wide) return undefined;
    for (const [i, output] of step.outputs.entries()) inner.set(output, wide[i]);
  }
  const tails = body.outputs.map((value) => varying(value) ?? b.expand(value, [length, ...value.shape]));
  const ports = outputs.map(({ dtype, shape: [steps, ...rest] }, i) => ({
    dtype,
    shape: i < states ? [length, ...outputs[i].shape] : [steps, length, ...rest],
  }));
  const loop = b.nodes('Scan', sources, ports, { ...attributes, body: { graph: { inputs: heads, outputs: tails } } });
  return loop.map((value, i) => (i < states ? value : exchange(b, value)));
}

/** The first two dimensions exchanged. */
function exchange(b: Builder, value: Value): Value {
  return b.transpose(value, [1, 0, ...value.shape.slice(2).map((_, i) => i + 2)]);
}
