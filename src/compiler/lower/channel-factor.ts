/** Factors of one number a channel in what the gradients of a convolution are given: they scale the filter instead. */
import { sizeOf } from '../dtype.ts';
import type { Value } from '../graph.ts';
import type { Emitter, Sym } from '../symbol.ts';

/** Whether a pass over the filter is cheaper than those over the image batch it saves. */
export const worthFolding = (filter: Pick<Value, 'shape'>, images: Pick<Value, 'shape'>): boolean =>
  sizeOf(filter.shape) <= 2 * sizeOf(images.shape);

/** The factors, as a vector, and what they are multiplied with. The last dimension of a symbol is its channels. */
export function withoutFactor(e: Emitter, dy: Sym, filter: Pick<Value, 'shape'>): { rest: Sym; factor?: Value } {
  const rank = dy.shape.length;
  const channels = dy.shape[rank - 1];
  const dimension = dy.perm ? dy.perm.indexOf(rank - 1) : rank - 1;
  const narrow = dy.value.shape.map((_, i) => (i === dimension ? channels : 1));
  const isFactor = ({ shape }: Value): boolean =>
    `${shape}` === `${narrow}` || (dy.perm === null && `${shape}` === `${channels}`);
  let { value } = dy;
  let factor: Value | undefined;
  while (value.node?.op === 'Mul' && worthFolding(filter, value)) {
    const [p, q] = value.node.inputs as readonly Value[];
    const [rest, numbers] = isFactor(q) ? [p, q] : [q, p];
    if (!isFactor(numbers) || `${rest.shape}` !== `${value.shape}`) break;
    const vector = e.reshape(numbers, [channels]);
    factor = factor ? e.binary('Mul', vector, factor) : vector;
    value = rest;
  }
  return { rest: e.sym(value, dy.shape, dy.perm), factor };
}

/** A filter whose last dimensions are its results, times the factors of these. */
export function scaled(e: Emitter, filter: Sym, factor: Value | undefined, depthwise = false): Sym {
  if (!factor) return filter;
  const shape = depthwise ? filter.shape.slice(2) : filter.shape.slice(3);
  return e.elementwise([filter, e.sym(e.reshape(factor, shape))], (f, numbers) => e.binary('Mul', f, numbers));
}
