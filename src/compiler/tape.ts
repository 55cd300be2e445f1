/** TensorFlow.js's tape: what it notes down of a computation, to find gradients. */
import * as tf from '@tensorflow/tfjs';

interface TapeNode {
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
}

type Gradients = (
  f: () => tf.Tensor,
  xs: tf.Tensor[],
  dy?: tf.Tensor | null,
  allowNone?: boolean,
) => { grads: (tf.Tensor | null)[] };

/** The parts of the engine that have to do with gradients. */
interface Engine {
  /** There is no tape before the first gradient of a process. */
  readonly state: { activeTape?: TapeNode[] | null; readonly gradientDepth: number };
  gradients: Gradients;
}

const engineOf = (): Engine => tf.engine() as unknown as Engine;

/** By what the gradients under way are, the innermost last. */
const asked: (readonly tf.Tensor[])[] = [];

/** Learns by what gradients are asked for. Returns the way back. */
export function watchGradients(): () => void {
  const engine = engineOf();
  // A program may have put something before it.
  const { gradients } = engine;
  const isOwn = Object.hasOwn(engine, 'gradients');
  engine.gradients = (f, xs, ...rest) => {
    asked.push(xs);
    try {
      return gradients.call(engine, f, xs, ...rest);
    } finally {
      asked.pop();
    }
  };
  return () => {
    if (isOwn) engine.gradients = gradients;
    else delete (engine as Partial<Engine>).gradients;
  };
}

/** How many gradients contain one another: in two, a gradient may be differentiated. */
export const gradientDepth = (): number => engineOf().state.gradientDepth;

/** What a function computed, and the notes of it. */
export interface Taped {
  readonly outputs: readonly tf.Tensor[];
  readonly nodes: readonly TapeNode[];
  /** The tensors it did not make and its outputs depend on. */
  readonly read: readonly tf.Tensor[];
}

export function taped(f: () => tf.Tensor[]): Taped {
  const { state } = engineOf();
  const tape = state.activeTape;
  const before = tape?.length;
  const outputs = f();
  // A gradient within, and none around it, leaves no tape.
  const nodes = (state.activeTape === tape && tape?.slice(before)) || [];
  const made = new Set<number>();
  const needed = new Map(outputs.map((output) => [output.id, output]));
  for (const node of nodes.toReversed()) {
    for (const { id } of node.outputs) made.add(id);
    if (!node.outputs.some(({ id }) => needed.has(id))) continue;
    for (const input of Object.values(node.inputs)) needed.set(input.id, input);
  }
  return { outputs, nodes, read: [...needed.values()].filter(({ id }) => !made.has(id)) };
}

/** What of the tensors the gradient that is being computed goes through. */
export function differentiated(tensors: readonly tf.Tensor[]): ReadonlySet<tf.Tensor> {
  const dependent = new Set((asked.at(-1) ?? []).map(({ id }) => id));
  for (const { inputs, outputs } of engineOf().state.activeTape ?? []) {
    if (!Object.values(inputs).some(({ id }) => dependent.has(id))) continue;
    for (const { id } of outputs) dependent.add(id);
  }
  return new Set(tensors.filter(({ id }) => dependent.has(id)));
}

/**
 * The gradients of a sum by some of the tensors that what was taped is made of. The tape of a gradient under way stays.
 *
 * @param sum makes one number of what was taped.
 */
export function gradientsOf(
  { nodes }: Taped,
  xs: readonly tf.Tensor[],
  sum: () => tf.Tensor,
): readonly (tf.Tensor | null)[] {
  const engine = engineOf();
  const { activeTape } = engine.state;
  const { grads } = engine.gradients(
    () => {
      for (const node of nodes) engine.state.activeTape!.push(node);
      return sum();
    },
    [...xs],
    undefined,
    true,
  );
  engine.state.activeTape = activeTape;
  return grads;
}
