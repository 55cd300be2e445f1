/**
 * Pads of convolutions whose filter is one element, written out: the WebGPU provider of onnxruntime 1.30 makes matrix products of
 * such convolutions, and forgets the pads behind the image.
 */
import type { Builder } from '../builder.ts';
import { type GraphNode, reachable, type Value } from '../graph.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Changes the nodes in place. */
export function writePads(outputs: Iterable<Value>, b: Builder): void {
  for (const node of reachable([...outputs])) {
    if (node.op !== 'Conv') continue;
    const [image, filter, ...rest] = node.inputs as readonly Value[];
    const pads = (node.attributes.pads ?? []) as readonly number[];
    if (filter.shape.slice(2).some((size) => size > 1) || pads.every((size) => size === 0)) continue;
    const half = pads.length / 2;
    const padded = b.pad(image, [0, 0, ...pads.slice(0, half)], [0, 0, ...pads.slice(half)]);
    const changed = node as Mutable<GraphNode>;
    changed.inputs = [padded, filter, ...rest];
    const { pads: _, ...others } = node.attributes;
    // Said so, it is not put back by ONNX Runtime's own rewriting.
    changed.attributes = { ...others, auto_pad: 'VALID' };
  }
}
