/**
 * Values in two layouts: as the graph has them, and in the blocked layout of ONNX Runtime's own convolutions (NCHWc), in which an image
 * batch [n, c, h, w] lies in memory as [n, c/b, h, w, b]. Each form is made from the other when it is first asked for.
 */

import type { Builder } from '../builder.ts';
import { sizeOf } from '../dtype.ts';
import type { Attributes, GraphNode, Value } from '../graph.ts';

export const NCHWC = 'com.microsoft.nchwc';

export type Uses = ReadonlyMap<Value, readonly GraphNode[]>;

/** Writes a node out in the blocked layout; says whether it did. */
export type Rule = (node: GraphNode, at: Layouts, uses: Uses, results: ReadonlySet<Value>) => boolean;

type Shape4D = readonly [number, number, number, number];

export class Layouts {
  readonly e: Builder;
  /** Channels in a block. */
  readonly block: number;
  /** Values that are wanted in blocks by what is done with them. */
  readonly wanted: ReadonlySet<Value>;
  readonly #plain = new Map<Value, Value>();
  readonly #blocked = new Map<Value, Value>();

  constructor(e: Builder, block: number, wanted: ReadonlySet<Value>) {
    this.e = e;
    this.block = block;
    this.wanted = wanted;
  }

  /** Says which value now stands for a value of the graph before. */
  setPlain(old: Value, value: Value): void {
    this.#plain.set(old, value);
  }

  /** Says that a value exists blocked. Its shape is the four-dimensional one, also where the graph has it flattened. */
  setBlocked(old: Value, value: Value): void {
    this.#blocked.set(old, value);
  }

  isBlocked(old: Value): boolean {
    return this.#blocked.has(old);
  }

  /** Whether something stands for the value already: a convolution that has it as its activation. */
  isKnown(old: Value): boolean {
    return this.#blocked.has(old) || this.#plain.has(old);
  }

  /** Whether the channels of an image batch fill their blocks. */
  fits(shape: readonly number[]): shape is Shape4D {
    return this.block > 1 && shape.length === 4 && shape[1] % this.block === 0 && shape[2] * shape[3] > 1;
  }

  plain(old: Value): Value {
    const known = this.#plain.get(old);
    if (known) return known;
    const blocked = this.#blocked.get(old);
    const value = blocked ? this.e.reshape(this.toPlain(blocked), old.shape) : old;
    this.#plain.set(old, value);
    return value;
  }

  blocked(old: Value): Value {
    const known = this.#blocked.get(old);
    if (known) return known;
    const value = this.toBlocked(this.plain(old));
    this.#blocked.set(old, value);
    return value;
  }

  /** The blocked form of a plain value; one that was just transposed from [n, h, w, c] is read from there. */
  toBlocked(value: Value): Value {
    const before =
      value.node?.op === 'Transpose' && `${value.node.attributes.perm}` === '0,3,1,2' ? value.node.inputs[0] : null;
    const attributes: Attributes = before ? { channels_last: 1 } : {};
    return this.node('ReorderInput', [before ?? value], value.shape, attributes);
  }

  /** The blocked value with its channels last: [n, h, w, c]. */
  channelsLast(old: Value): Value {
    const value = this.blocked(old);
    const [n, c, h, w] = value.shape;
    return this.node('ReorderOutput', [value], [n, h, w, c], { channels: c, channels_last: 1 });
  }

  /** The plain form of a blocked value, without the channels that only fill a block. */
  toPlain(value: Value, channels = value.shape[1]): Value {
    const [n, , ...size] = value.shape;
    return this.node('ReorderOutput', [value], [n, channels, ...size], { channels });
  }

  node(op: string, inputs: readonly (Value | null)[], shape: readonly number[], attributes: Attributes = {}): Value {
    return this.e.node(op, inputs, 'float32', shape, attributes, NCHWC);
  }

  /** A filter [out, in, h, w] in blocks of outputs, and of inputs where these fill blocks too. */
  filter(filter: Value): Value {
    const { e, block: b } = this;
    const [o, i, h, w] = filter.shape;
    const inputs = i % b === 0 ? [i / b, b] : [1, i];
    if (filter.node?.op === 'Transpose') {
      // With the outputs last whole blocks are moved, several times as fast.
      const last = e.reshape(e.transpose(filter, [2, 3, 1, 0]), [h, w, ...inputs, o / b, b]);
      const order = i % b === 0 ? [4, 2, 0, 1, 3, 5] : [4, 2, 3, 0, 1, 5];
      return e.reshape(e.transpose(last, order), filter.shape);
    }
    // As images of which each input is a pixel.
    if (h * w === 1) return e.reshape(this.toBlocked(e.reshape(filter, [1, o, 1, i])), filter.shape);
    const parts = e.reshape(filter, [o / b, b, ...inputs, h, w]);
    const order = i % b === 0 ? [0, 2, 4, 5, 3, 1] : [0, 2, 3, 4, 5, 1];
    return e.reshape(e.transpose(parts, order), filter.shape);
  }

  /**
   * One number for each channel [1, c, 1, 1] as a blocked image, which all images of a batch are multiplied with at once: many
   * times as fast as block by block, and little beside the batch.
   */
  image(value: Value, [, c, h, w]: readonly number[]): Value {
    const { e, block: b } = this;
    const pixels = e.reshape(value, [c / b, 1, b]);
    return e.reshape(e.expand(pixels, [c / b, h * w, b]), [1, c, h, w]);
  }

  /** A vector that holds one number for each element of an image [c, h, w], in blocked order. */
  vector(value: Value, [, c, h, w]: readonly number[]): Value {
    const { e } = this;
    return e.reshape(this.toBlocked(e.reshape(value, [1, c, h, w])), [sizeOf(value.shape)]);
  }
}
