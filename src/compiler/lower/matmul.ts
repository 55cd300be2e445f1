/** Matrix products. */
import { sizeOf } from '../dtype.ts';
import type { Emitter, Sym } from '../symbol.ts';
import { activate } from './activation.ts';
import { kernel, type Lowerings } from './lowering.ts';

interface Product {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** A matrix with its stored order: [value, whether it is stored transposed relative to what is wanted]. */
function operand(e: Emitter, s: Sym, transposed: boolean): [ReturnType<Emitter['full']>, boolean] {
  const rank = s.shape.length;
  const swapped = s.perm?.every((p, i) => p === (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2));
  if (swapped) return [e.fullIn(s, s.perm!), !transposed];
  return [e.full(s), transposed];
}

function product(e: Emitter, a: Sym, b: Sym, { transposeA, transposeB }: Product): Sym {
  const batched = a.shape.length > 2 && (sizeOf(a.shape.slice(0, -2)) > 1 || sizeOf(b.shape.slice(0, -2)) > 1);
  if (!batched && a.shape.length > 2) {
    // TensorFlow.js wraps every product as a batch of one.
    const flat = (s: Sym): Sym => e.reshapeSym(s, s.shape.slice(-2));
    const inner = product(e, flat(a), flat(b), { transposeA, transposeB });
    return e.reshapeSym(inner, [...a.shape.slice(0, -2).map(() => 1), ...inner.shape]);
  }
  const [x, transA] = operand(e, a, transposeA);
  const [y, transB] = operand(e, b, transposeB);
  return e.sym(e.matmul(x, y, transA, transB));
}

export const products: Lowerings = {
  BatchMatMul: kernel<Product>(({ a, b }, attributes, e) => product(e, a, b, attributes)),
  _FusedMatMul: kernel<Product & { activation?: string; leakyreluAlpha?: number }>(
    ({ a, b, bias, preluActivationWeights }, attributes, e) => {
      // As plain matrices, so that the fused kernel is written as its parts would be.
      const single = a.shape.slice(0, -2).every((d) => d === 1) && b.shape.slice(0, -2).every((d) => d === 1);
      const narrow = (bias?.shape.length ?? 0) <= 2 && (preluActivationWeights?.shape.length ?? 0) <= 2;
      const flat = (s: Sym): Sym => (single && narrow ? e.reshapeSym(s, s.shape.slice(-2)) : s);
      const y = product(e, flat(a), flat(b), attributes);
      const z = bias ? e.elementwise([y, bias], (p, q) => e.binary('Add', p, q)) : y;
      const result = activate(e, z, attributes.activation, preluActivationWeights, attributes.leakyreluAlpha);
      return single && narrow ? e.reshapeSym(result, [...a.shape.slice(0, -2), ...result.shape]) : result;
    },
  ),
};
