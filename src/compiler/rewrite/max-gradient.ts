import type { Builder } from '../builder.ts';
import type { Value } from '../graph.ts';
import { step } from '../lower/step.ts';
import type { Emitter } from '../symbol.ts';

/**
 * The gradient of a max pool whose windows tile the image, in either layout. The elements equal to their window's maximum are marked
 * with their rank in the window, first highest; the highest mark of a window takes the gradient.
 *
 * @param block Channels that lie next to each other in memory: 1 for [n, c, h, w].
 * @param pool The max pool itself.
 */
export function tiledMaxGradient(
  e: Builder,
  dy: Value,
  x: Value,
  y: Value,
  [kh, kw]: readonly [number, number],
  block: number,
  pool: (v: Value) => Value,
): Value {
  const [n, c, oh, ow] = y.shape;
  const groups = (n * c) / block;
  const tiled = [groups * oh, kh, ow, kw, block];
  // ONNX Runtime broadcasts in runs of the innermost dimension: runs of one number take three times as long as copies.
  const spread = (v: Value): Value => {
    const one = e.reshape(v, [groups * oh, 1, ow, 1, block]);
    return block === 1 ? e.concat(new Array(kw).fill(one), 3) : one;
  };
  const row = ow * kw * block;
  const ranks = Float32Array.from(
    { length: kh * row },
    (_, i) => kh * kw - Math.floor(i / row) * kw - (Math.floor(i / block) % kw),
  );
  const equal = step(e as Emitter, e.binary('Sub', e.reshape(x, tiled), spread(y)), 1);
  const marks = e.binary('Mul', equal, e.constant(ranks, [1, kh, ow, kw, block], 'float32'));
  const best = pool(e.reshape(marks, x.shape));
  const first = step(e as Emitter, e.binary('Sub', marks, spread(best)), 1);
  return e.reshape(e.binary('Mul', first, spread(dy)), x.shape);
}
