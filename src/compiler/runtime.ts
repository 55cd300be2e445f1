/** ONNX Runtime: which build is used, and sessions made with settings that suit training. */
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { fault } from '../errors.ts';

/** The module `onnxruntime-node` or `onnxruntime-web`. */
export interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: typeof Tensor;
  readonly listSupportedBackends?: () => readonly { readonly name: string }[];
}

export type ExecutionProvider = 'cpu' | 'wasm' | 'cuda' | 'webgpu' | 'coreml' | 'dml' | (string & {});

export interface SessionSettings {
  /** Which build of ONNX Runtime; by default onnxruntime-node in Node and onnxruntime-web elsewhere. */
  readonly runtime?: Runtime;
  /** In order of preference; by default the processor. */
  readonly executionProviders?: readonly ExecutionProvider[];
  /** Threads within an operation; by default one per core. */
  readonly threads?: number;
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all';
}

let chosen: Promise<Runtime> | undefined;

/** The given runtime, or the one that fits the platform. */
export function loadRuntime(runtime?: Runtime): Promise<Runtime> {
  if (runtime) return Promise.resolve(runtime);
  chosen ??= importRuntime();
  return chosen;
}

async function importRuntime(): Promise<Runtime> {
  const name = inNode() ? 'onnxruntime-node' : 'onnxruntime-web';
  try {
    const module = await (inNode() ? import('onnxruntime-node') : import('onnxruntime-web'));
    return ('InferenceSession' in module ? module : (module as { default: unknown }).default) as Runtime;
  } catch (cause) {
    chosen = undefined;
    throw fault({ wrong: `${name} cannot be loaded`, mend: `install it, or give the module as \`runtime\``, cause });
  }
}

const inNode = (): boolean => typeof process !== 'undefined' && process.versions?.node !== undefined;

/** How many threads the platform runs at once. */
function cores(): number {
  if (inNode()) return process.getBuiltinModule('node:os').availableParallelism();
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Loads a model. */
export async function createSession(
  runtime: Runtime,
  model: Uint8Array,
  settings: SessionSettings,
): Promise<InferenceSession> {
  const { executionProviders, threads = cores(), graphOptimizationLevel = 'all' } = settings;
  try {
    return await runtime.InferenceSession.create(model, {
      graphOptimizationLevel,
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Every session has threads of its own. Waiting ones that spin take the cores from the session whose turn it is:
      // scoring and stepping in turns took up to twice as long.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      executionMode: 'sequential',
      // As fast without, and a wide residual network's step takes 0.8 GB instead of 1.3.
      enableMemPattern: false,
      logSeverityLevel: 3,
      ...(executionProviders ? { executionProviders: [...executionProviders] as never } : {}),
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (executionProviders && /provider|backend|EP\b/i.test(message)) {
      const offered = runtime.listSupportedBackends?.().map((b) => b.name);
      throw fault({
        wrong: 'this build of ONNX Runtime lacks the execution provider',
        got: executionProviders.join(', '),
        expected: offered ? `one of ${offered.join(', ')}` : undefined,
        mend: `install a build that has it (${message})`,
        cause,
      });
    }
    throw fault({ wrong: `ONNX Runtime refused the compiled graph: ${message}`, mend: 'please report it', cause });
  }
}
