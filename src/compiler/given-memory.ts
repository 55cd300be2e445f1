/**
 * Outputs in memory that they are given. ONNX Runtime's binding for Node writes them there, and then copies every output into new
 * memory all the same: for a million weights that takes longer than their update. It copies in the order of the outputs, and
 * refuses to hand out a sequence. So a model made for this has an empty sequence as its first output: by then the run is over, and
 * all that was computed is in the memory given.
 */
import { inNode } from '../platform.ts';
import { allocate, type DType } from './dtype.ts';
import { Graph, type Value } from './graph.ts';
import { writeModel } from './model.ts';
import { newSession } from './new-session.ts';
import type { OrtSession, OrtTensor } from './onnx-runtime.ts';
import { usableProviders } from './providers.ts';
import type { Runtime, SessionSettings } from './runtime.ts';

type Tensors = Readonly<Record<string, OrtTensor>>;

/** The name of the sequence. */
const end = 'end';
const refusal = /^Non tensor type/;

/** Bytes of outputs from which on the copies take longer than the refusal. */
export const worthGiving = 2 ** 17;

/** The model of these outputs, which ends as `runInto` wants it. */
export const writeEnding = (outputs: ReadonlyMap<string, Value>, names?: ReadonlyMap<string, string>) =>
  writeModel(outputs, { names, sequence: end });

/** Runs a session of such a model. All its outputs are given. */
export async function runInto(session: OrtSession, feeds: Tensors, given: Tensors): Promise<Tensors> {
  try {
    // A build that hands out sequences hands out the rest, too.
    return await session.run(feeds, { [end]: null, ...given });
  } catch (error) {
    if (error instanceof Error && refusal.test(error.message)) return given;
    throw error;
  }
}

/** A tensor of nothing but memory. */
export const memory = (runtime: Runtime, dtype: DType, size: number, shape: readonly number[]): OrtTensor =>
  new runtime.Tensor(dtype as 'float32', allocate(dtype, size) as Float32Array, shape);

const answers = new WeakMap<Runtime, Promise<boolean>>();

/** Whether outputs come into the memory that they are given, on the processor, and nothing is copied after. */
export async function takesMemory(runtime: Runtime, settings: SessionSettings): Promise<boolean> {
  const providers = usableProviders(settings) ?? ['cpu'];
  if (!inNode() || providers.some((provider) => provider !== 'cpu')) return false;
  const known = answers.get(runtime) ?? probe(runtime).catch(() => false);
  answers.set(runtime, known);
  return known;
}

async function probe(runtime: Runtime): Promise<boolean> {
  const graph = new Graph();
  const y = graph.node('Neg', [graph.input('x', 'float32', [2])], 'float32', [2]);
  const { bytes } = writeEnding(new Map([['y', y]]));
  const session = await newSession(runtime, bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  try {
    const given = { y: memory(runtime, 'float32', 2, [2]) };
    const results = await runInto(session, { x: new runtime.Tensor('float32', Float32Array.of(1, 2), [2]) }, given);
    return results === given && `${given.y.data}` === '-1,-2';
  } finally {
    await session.release();
  }
}
