/** ONNX Runtime: which build is used, and sessions made with settings that suit training. */
import type { InferenceSession } from 'onnxruntime-node';
import { fault, type UnequalError } from '../errors.ts';
import { cores, importInNode, inNode } from '../platform.ts';
import { cannotStart, howToStart } from './cannot-start.ts';
import { newSession } from './new-session.ts';
import type { OrtSession, OrtTensor } from './onnx-runtime.ts';
import {
  firstLine,
  isNoAdapter,
  lookForProviders,
  noAdapter,
  noGpu,
  requireWebGpu,
  usableProviders,
  withOptions,
} from './providers.ts';

/** The module `onnxruntime-node` or `onnxruntime-web`. */
export interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: object): Promise<OrtSession>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, dims?: readonly number[]) => OrtTensor;
  readonly listSupportedBackends?: () => readonly { readonly name: string }[];
  /** Of onnxruntime-web: the GPU device that its sessions share, once there is one. */
  readonly env?: { readonly webgpu?: { readonly device?: unknown } };
}

/** What ONNX Runtime computes on. */
export type ExecutionProvider = 'cpu' | 'wasm' | 'cuda' | 'webgpu' | 'coreml' | 'dml' | (string & {});

export interface SessionSettings {
  /** Which build of ONNX Runtime; by default onnxruntime-node in Node and onnxruntime-web elsewhere. */
  readonly runtime?: Runtime;
  /** In order of preference: those that cannot be used here are passed over. By default the processor. */
  readonly executionProviders?: readonly ExecutionProvider[];
  /** Threads within an operation; by default one per core. */
  readonly threads?: number;
  readonly graphOptimizationLevel?: 'disabled' | 'basic' | 'extended' | 'all';
}

const loaded = new Map<string, Promise<Runtime>>();
const missing = new WeakSet<object>();

/**
 * Whether the error says that ONNX Runtime is not installed, or cannot start.
 *
 * @example
 * ```ts
 * try {
 *   await fit(model, x, y, { engine: 'compiled' });
 * } catch (error) {
 *   if (isMissingRuntime(error)) console.log('install onnxruntime-node');
 * }
 * ```
 */
export const isMissingRuntime = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && missing.has(error);

function missingRuntime(parts: Parameters<typeof fault>[0]): UnequalError {
  const error = fault(parts);
  missing.add(error);
  return error;
}

/**
 * The given runtime, or the one that fits the platform and has the providers; from then on it is known which of them can be used.
 * @throws UnequalError if it is not installed.
 */
export async function loadRuntime(settings: SessionSettings): Promise<Runtime> {
  if (inNode()) turnTelemetryOff();
  const runtime = settings.runtime ?? (await loadBuild(settings));
  await lookForProviders(runtime, settings);
  return runtime;
}

async function loadBuild({ executionProviders }: SessionSettings): Promise<Runtime> {
  const build = inNode() ? 'node' : executionProviders?.includes('webgpu') ? 'webgpu' : 'wasm';
  if (build === 'node') requireOwnArrays();
  const known = loaded.get(build);
  if (known) return known;
  const loading = importBuild(build);
  loaded.set(build, loading);
  loading.catch(() => loaded.delete(build));
  return loading;
}

/** ONNX Runtime tells Microsoft of each session, unless this variable says no when it makes the first. The user's word counts. */
function turnTelemetryOff(): void {
  try {
    process.env.ORT_DISABLE_TELEMETRY ??= '1';
  } catch {
    // Deno asks whether a program may.
  }
}

/** @throws UnequalError where a typed array is not Node's own, as jest has them: native code knows no others. */
function requireOwnArrays(): void {
  const { Buffer } = process.getBuiltinModule('node:buffer');
  const own = Object.getPrototypeOf(Object.getPrototypeOf(Buffer));
  if ([Float32Array, Int32Array, Uint8Array].every((type) => Object.getPrototypeOf(type) === own)) return;
  throw missingRuntime({
    wrong: 'ONNX Runtime cannot be used here, where typed arrays are not those of Node (jest and jsdom have their own)',
    mend: 'in tests, use node:test, or vitest with the environment node or happy-dom and the pool forks or threads',
  });
}

const nativeBuild = 'onnxruntime-node';

async function importBuild(build: 'node' | 'webgpu' | 'wasm'): Promise<Runtime> {
  const name = build === 'node' ? nativeBuild : 'onnxruntime-web';
  try {
    // esbuild puts up with a package that is not installed only where `await import` stands in the try itself.
    const module: object =
      build === 'node'
        ? ((await importInNode(nativeBuild)) as object)
        : build === 'webgpu'
          ? await import('onnxruntime-web/webgpu')
          : await import('onnxruntime-web/wasm');
    const runtime = ('InferenceSession' in module ? module : (module as { default?: unknown }).default) as Runtime;
    // What Vite 6 puts in the place of an optional package that is not installed.
    if (runtime?.InferenceSession === undefined) throw new Error(`nothing is in '${name}'`);
    return runtime;
  } catch (cause) {
    // On Linux its install step fetches a CUDA build, which nobody needs and not everybody can.
    const install = build === 'node' ? `ONNXRUNTIME_NODE_INSTALL=skip npm install ${name}` : `npm install ${name}`;
    const reason = firstLine(cause);
    const isAbsent = new RegExp(`["']${name}`).test(reason);
    throw missingRuntime({
      wrong: `${name} cannot be loaded`,
      got: isAbsent ? undefined : reason,
      mend: `${isAbsent ? '' : 'mend that, or install it anew: '}${install}, or give the module as \`runtime\``,
      cause,
    });
  }
}

interface OnGpu {
  /** The outputs that stay there. */
  readonly outputs: readonly string[];
  /** The nodes that do not run there. */
  readonly others: readonly string[];
}

/** Loads a model. */
export async function createSession(
  runtime: Runtime,
  model: Uint8Array,
  settings: SessionSettings,
  { outputs, others }: OnGpu = { outputs: [], others: [] },
): Promise<OrtSession> {
  const { threads = cores(), graphOptimizationLevel = 'all' } = settings;
  const executionProviders = usableProviders(settings);
  if (executionProviders?.includes('webgpu')) await requireWebGpu();
  try {
    const options: InferenceSession.SessionOptions = {
      graphOptimizationLevel,
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Every session has threads of its own. Waiting ones that spin take the cores from the session whose turn it is:
      // scoring and stepping in turns took up to twice as long.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      executionMode: 'sequential',
      // As fast without, and a wide residual network's step takes 0.8 GB instead of 1.3.
      enableMemPattern: false,
      logSeverityLevel: 4,
      ...(executionProviders
        ? { executionProviders: executionProviders.map((name) => withOptions(name, others)) as never }
        : {}),
      ...(outputs.length > 0
        ? { preferredOutputLocation: Object.fromEntries(outputs.map((name) => [name, 'gpu-buffer' as const])) }
        : {}),
    };
    return await newSession(runtime, model, options);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (cannotStart.test(message)) {
      throw missingRuntime({
        wrong: 'ONNX Runtime cannot start',
        got: message,
        mend: howToStart(message),
        cause,
      });
    }
    if (executionProviders?.includes('webgpu') && isNoAdapter(cause)) throw noGpu(noAdapter, undefined, cause);
    if (executionProviders && /provider|backend|EP\b/i.test(message)) {
      const offered = runtime.listSupportedBackends?.().map((b) => b.name);
      const lacks = executionProviders.filter((name) => offered?.includes(name) === false);
      throw fault({
        ...(lacks.length > 0
          ? {
              wrong: 'this build of ONNX Runtime lacks the execution provider',
              got: lacks.join(', '),
              expected: `one of ${offered!.join(', ')}`,
            }
          : {
              wrong: `the execution provider ${executionProviders.join(', ')} cannot be used here`,
              got: message,
            }),
        mend: "install what it needs, or name one that is to run instead, as in ['cuda', 'cpu']",
        cause,
      });
    }
    throw fault({ wrong: `ONNX Runtime refused the compiled graph: ${message}`, mend: 'please report it', cause });
  }
}
