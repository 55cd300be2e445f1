import type { Builder } from '../builder.ts';
import type { Value } from '../graph.ts';

/**
 * [n, c, h, w] with each pixel p by q times: [n, c, p h, q w].
 *
 * Along the rows by joining copies: ONNX Runtime's Expand copies runs of the innermost dimension, and for runs of one number it takes
 * ten times as long.
 */
export function repeatPixels(e: Builder, x: Value, [p, q]: readonly [number, number]): Value {
  const [n, c, h, w] = x.shape;
  const column = e.reshape(x, [n, c, h, w, 1]);
  const rows = e.reshape(e.concat(new Array<Value>(q).fill(column), 4), [n, c, h, 1, w * q]);
  return e.reshape(e.expand(rows, [n, c, h, p, w * q]), [n, c, h * p, w * q]);
}
