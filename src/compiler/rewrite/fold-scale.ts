/**
 * Numbers per channel within the convolution whose result they scale or shift: `(x ∗ w) · a + b` is `x ∗ (w · a) + b`, two passes over
 * the images fewer. Normalisation with given statistics is this.
 */
import type { Builder } from '../builder.ts';
import { sizeOf } from '../dtype.ts';
import { type GraphNode, reachable, type Value } from '../graph.ts';
import { worthFolding } from '../lower/channel-factor.ts';
import { countUses } from './uses.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Changes the nodes in place; convolutions whose results are used elsewhere too are left alone. */
export function foldScales(outputs: Iterable<Value>, b: Builder): void {
  const ends = [...outputs];
  const uses = countUses(ends);
  for (const node of reachable(ends)) {
    if (node.op !== 'Mul' && node.op !== 'Add') continue;
    const [p, q] = node.inputs as readonly Value[];
    const conv = convolution(p) ?? convolution(q);
    if (!conv || uses.get(conv.outputs[0]) !== 1) continue;
    const y = conv.outputs[0];
    const numbers = y === p ? q : p;
    const channels = y.shape[1];
    if (`${numbers.shape}` !== `${[1, channels, ...y.shape.slice(2).map(() => 1)]}`) continue;
    const vector = b.reshape(numbers, [channels]);
    const [x, filter, bias] = conv.inputs as readonly Value[];
    const folded = node as Mutable<GraphNode>;
    if (node.op === 'Mul') {
      if (!worthFolding(filter, y)) continue;
      const scaled = scaleFilters(b, filter, vector, 0);
      folded.inputs = bias ? [x, scaled, b.binary('Mul', bias, vector)] : [x, scaled];
    } else {
      folded.inputs = [x, filter, bias ? b.binary('Add', bias, vector) : vector];
    }
    folded.op = 'Conv';
    folded.attributes = conv.attributes;
  }
}

const convolution = ({ node, shape }: Value): GraphNode | undefined =>
  node?.op === 'Conv' && node.domain === '' && sizeOf(shape.slice(2)) > 1 ? node : undefined;

/** The filters times one number each, before they are transposed: there the gradients scale them too. */
function scaleFilters(b: Builder, filter: Value, factor: Value, dimension: number): Value {
  const { node } = filter;
  if (node?.op === 'Transpose') {
    const perm = node.attributes.perm as readonly number[];
    return b.transpose(scaleFilters(b, node.inputs[0]!, factor, perm[dimension]), perm);
  }
  const shape = filter.shape.slice(dimension).map((d, i) => (i === 0 ? d : 1));
  return b.binary('Mul', filter, b.reshape(factor, shape));
}
