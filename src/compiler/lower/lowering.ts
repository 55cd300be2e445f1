/** What a lowering is: one kernel of TensorFlow.js written as nodes of the graph. */
import type { Emitter, Sym } from '../symbol.ts';

/** The tensors a kernel is called with, by TensorFlow.js's names; kernels that take a list have the keys 0, 1, … */
export type Inputs = Readonly<Record<string, Sym>>;
export type Lowering = (inputs: Inputs, attributes: Readonly<Record<string, unknown>>, e: Emitter) => Sym | Sym[];
export type Lowerings = Readonly<Record<string, Lowering>>;

/** Types a lowering's attributes with those of the kernel. */
export const kernel = <A>(lower: (inputs: Inputs, attributes: A, e: Emitter) => Sym | Sym[]): Lowering =>
  lower as unknown as Lowering;

/** The inputs of a kernel that takes a list. */
export const listed = (inputs: Inputs): Sym[] => Object.values(inputs);

/** An axis argument as a sorted list of dimensions counted from the front. */
export function axesOf(axis: number | readonly number[] | null | undefined, rank: number): number[] {
  if (axis === null || axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = typeof axis === 'number' ? [axis] : [...axis];
  return list.map((a) => (a < 0 ? a + rank : a)).sort((p, q) => p - q);
}
