/** A program: one trace of a function, as a session of ONNX Runtime with what it reads and writes. */
import type * as tf from '@tensorflow/tfjs';
import { inNode } from '../platform.ts';
import { staysOnDevice, usesDevice } from './device.ts';
import { type Digest, digestOf } from './digest.ts';
import { type DType, sizeOf } from './dtype.ts';
import { takesMemory, worthGiving, writeEnding } from './given-memory.ts';
import type { Value } from './graph.ts';
import type { Rate, Reading } from './learning-rate.ts';
import { type Model, writeModel } from './model.ts';
import type { OrtSession } from './onnx-runtime.ts';
import { usableProviders } from './providers.ts';
import type { Draw } from './random.ts';
import { accumulate } from './rewrite/accumulate.ts';
import { blockSize } from './rewrite/block-size.ts';
import { layOut } from './rewrite/blocked.ts';
import { foldScales } from './rewrite/fold-scale.ts';
import { takeOutFactors } from './rewrite/narrow-factors.ts';
import { writePads } from './rewrite/pointwise-pads.ts';
import { poolSteps } from './rewrite/pooled-steps.ts';
import { shapeReductions } from './rewrite/reduction-shapes.ts';
import { type Shared, shareForward } from './rewrite/share-forward.ts';
import { createSession, loadRuntime, type Runtime, type SessionSettings } from './runtime.ts';
import { type SharedSession, sharedSession } from './shared-sessions.ts';
import { type Port, type Trace, type Traceable, trace } from './trace.ts';

/** A loaded graph, and what goes in and out. */
export interface Program {
  readonly session: OrtSession;
  /** Gives the session back. */
  release(): Promise<void>;
  /** What it computes. */
  readonly digest: Digest;
  readonly inputs: readonly Port[];
  /** The inputs that the outputs depend on. */
  readonly used: ReadonlySet<string>;
  /** With what the session calls them: an output may have the name of an input. */
  readonly outputs: readonly {
    readonly name: string;
    readonly port: string;
    readonly shape: readonly number[];
    readonly dtype: DType;
  }[];
  readonly reads: readonly (readonly [tf.Variable, string])[];
  readonly writes: readonly (readonly [tf.Variable, string])[];
  /** Whether its outputs and what it writes are to be given memory, see given-memory.ts. */
  readonly takesMemory: boolean;
  readonly rates: readonly (readonly [Rate['now'], string])[];
  readonly draws: readonly {
    readonly name: string;
    readonly draw: Draw;
    /** Filled anew for every call. */
    readonly numbers: Float32Array;
    readonly shape: readonly number[];
    readonly index: number;
  }[];
  readonly iterations: ReadonlyMap<tf.Optimizer, number>;
  /** Whether a function of `tf.customGrad` was called that is not TensorFlow.js's own. */
  readonly ownGradients: boolean;
  readonly statistics: {
    readonly nodes: number;
    readonly bytes: number;
    /** What was evaluated for all rows of a batch and not again for the rows gathered from it. */
    readonly shared: Shared['work'];
    /** Milliseconds to run the function, to write the model, to load it. */
    readonly traced: number;
    readonly written: number;
    readonly loaded: number;
  };
}

/** A traced function with its results by name, before they are rewritten. */
export interface Draft {
  readonly traced: Trace;
  readonly results: ReadonlyMap<string, Value>;
  readonly outputs: Program['outputs'];
  readonly writes: Program['writes'];
  readonly digest: Digest;
  /** Milliseconds the trace took. */
  readonly milliseconds: number;
}

/** Traces a function. */
export function draft(
  fn: Traceable,
  inputs: readonly Port[],
  optimizers: readonly tf.Optimizer[],
  reading: Reading,
): Draft {
  const start = performance.now();
  const traced = trace(fn, inputs, optimizers, reading);
  const { emitter } = traced;
  const results = new Map<string, Value>();
  const outputs = [...traced.outputs].map(([name, sym]) => {
    const port = `output:${name}`;
    const value = emitter.full(sym);
    results.set(port, value);
    return { name, port, shape: sym.shape, dtype: value.dtype };
  });
  // In the order of the computation: that of the variables depends on when an optimizer's slots were made.
  const written = [...traced.writes].sort(([, a], [, b]) => a.id - b.id);
  const writes = written.map(([variable, value], i) => {
    const name = `assigned:${i}:${variable.name}`;
    results.set(name, value);
    return [variable, name] as const;
  });
  const digest = digestOf(results);
  return { traced, results, outputs, writes, digest, milliseconds: performance.now() - start };
}

/** Loads what was traced. */
export async function makeProgram(
  { traced, results, outputs, writes, digest, milliseconds }: Draft,
  inputs: readonly Port[],
  options: SessionSettings,
): Promise<Program> {
  const runtime = await loadRuntime(options);
  const traceEnd = performance.now();
  const { emitter } = traced;
  const { results: shared, work } = shareForward(results, emitter);
  const rest = takeOutFactors(shared, emitter);
  foldScales(rest.values(), emitter);
  accumulate(rest.values(), emitter);
  poolSteps(rest.values(), emitter);
  if (usesDevice(options)) writePads(rest.values(), emitter);
  const laidOut = layOut(rest, emitter, await blockFor(runtime, options));
  if (onProcessor(options)) shapeReductions(laidOut.values(), emitter);
  const plain = plainNames(traced, writes);
  const named = [...laidOut].map(([name, value]) => [plain.get(name) ?? name, value] as const);
  const numbers = [...results.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const ends = 4 * numbers >= worthGiving && (await takesMemory(runtime, options));
  const model = ends ? writeEnding(new Map(named), plain) : writeModel(new Map(named), { names: plain });
  const writeEnd = performance.now();
  const kept = usesDevice(options) ? writes.filter(([variable]) => staysOnDevice(variable)) : [];
  // What runs in a browser may not be called again before it has ended.
  const { session, release } =
    inNode() && !usesDevice(options)
      ? await sharedSession(runtime, model.bytes, options)
      : await ownSession(
          runtime,
          model,
          options,
          kept.map(([, name]) => plain.get(name)!),
        );
  const loadEnd = performance.now();
  const used = new Set(model.inputs.map((value) => value.input!));
  const present = ([, value]: readonly [unknown, Value]): boolean => used.has(value.input!);
  return {
    session,
    release,
    digest,
    inputs,
    used,
    outputs,
    reads: [...traced.reads].filter(present).map(([variable, value]) => [variable, plain.get(value.input!)!]),
    writes: writes.map(([variable, name]) => [variable, plain.get(name)!]),
    takesMemory: ends,
    rates: [...traced.rates].filter(present).map(([now, value]) => [now, value.input!]),
    draws: traced.draws.flatMap(({ draw, value }, index) =>
      used.has(value.input!)
        ? [{ name: value.input!, draw, numbers: new Float32Array(sizeOf(value.shape)), shape: value.shape, index }]
        : [],
    ),
    iterations: traced.iterations,
    ownGradients: traced.ownGradients,
    statistics: {
      nodes: model.nodes,
      bytes: model.bytes.length,
      shared: work,
      traced: milliseconds,
      written: writeEnd - traceEnd,
      loaded: loadEnd - writeEnd,
    },
  };
}

/** Without the names of variables, which are those of one model: then models of one architecture are the same bytes. */
function plainNames({ reads }: Trace, writes: Program['writes']): Map<string, string> {
  return new Map([
    ...[...reads.values()].map(({ input }, i) => [input!, `variable:${i}`] as const),
    ...writes.map(([, name], i) => [name, `assigned:${i}`] as const),
  ]);
}

async function ownSession(
  runtime: Runtime,
  { bytes, notOnGpu }: Model,
  options: SessionSettings,
  outputs: readonly string[],
): Promise<SharedSession> {
  const session = await createSession(runtime, bytes, options, { outputs, others: notOnGpu });
  return { session, release: () => session.release() };
}

/** Only the native build's own provider has the blocked layout. */
async function blockFor(runtime: Runtime, settings: SessionSettings): Promise<number> {
  return onProcessor(settings) ? blockSize(runtime) : 1;
}

/** Whether it is the native build that runs, and its own provider. */
function onProcessor(settings: SessionSettings): boolean {
  const providers = usableProviders(settings) ?? ['cpu'];
  return inNode() && providers.every((provider) => provider === 'cpu');
}
