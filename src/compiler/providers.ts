/** Execution providers of ONNX Runtime: which of those that are asked for can be used here, and what they need. */
import { fault, type UnequalError } from '../errors.ts';
import { inNode } from '../platform.ts';
import { printable } from '../printable.ts';
import { writeCopy } from './model.ts';
import { newSession } from './new-session.ts';
import type { ExecutionProvider, Runtime, SessionSettings } from './runtime.ts';

/** Whether a provider can be used. */
class Look {
  readonly done: Promise<void>;
  /** Why it cannot. */
  why: string | undefined;
  told = false;

  constructor(runtime: Runtime, name: ExecutionProvider) {
    this.done = tryOut(runtime, name).catch((error) => {
      this.why = isNoAdapter(error) ? noAdapter : firstLine(error);
    });
  }
}

/** By the runtime that was given, and by name. */
const looks = new WeakMap<object, Map<ExecutionProvider, Look>>();
/** Where no runtime was given, it is that of the platform. */
const platform = {};

/**
 * Looks which providers of a list can be used, with one warning if some cannot. ONNX Runtime itself refuses the whole list, but
 * who writes `['cuda', 'cpu']` has said what to do where there is no GPU.
 */
export async function lookForProviders(runtime: Runtime, settings: SessionSettings): Promise<void> {
  const { executionProviders = [] } = settings;
  if (executionProviders.length < 2) return;
  const known = looks.get(settings.runtime ?? platform) ?? new Map<ExecutionProvider, Look>();
  looks.set(settings.runtime ?? platform, known);
  const all: [ExecutionProvider, Look][] = [];
  for (const name of executionProviders) {
    const look = known.get(name) ?? new Look(runtime, name);
    known.set(name, look);
    all.push([name, look]);
    await look.done;
  }
  const usable = all.filter(([, { why }]) => why === undefined);
  const untold = all.filter(([, { why, told }]) => why !== undefined && !told);
  // Where none can be used, the session says so.
  if (usable.length === 0 || untold.length === 0) return;
  for (const [, look] of untold) look.told = true;
  const cannot = untold.map(([name, { why }]) => `${name} (${why})`).join(' and ');
  const instead = usable.map(([name]) => name).join(', ');
  console.warn(
    `unequal: ${printable(`the execution provider ${cannot} cannot be used here; steps run by ${instead}`)}`,
  );
}

async function tryOut(runtime: Runtime, name: ExecutionProvider): Promise<void> {
  const { wrong, got } = (name === 'webgpu' && (await withoutWebGpu())) || {};
  if (wrong !== undefined) throw new Error(got === undefined ? wrong : `${wrong}: ${got}`);
  const executionProviders = [withOptions(name, [])] as never;
  const session = await newSession(runtime, writeCopy('float32'), {
    executionProviders,
    logSeverityLevel: 4,
  });
  await session.release();
}

/** Those of the list that can be used, as far as it is known; all of them where none can. */
export function usableProviders({
  runtime,
  executionProviders,
}: SessionSettings): readonly ExecutionProvider[] | undefined {
  const known = looks.get(runtime ?? platform);
  const usable = executionProviders?.filter((name) => known?.get(name)?.why === undefined) ?? [];
  return usable.length > 0 ? usable : executionProviders;
}

export const noAdapter = 'no GPU that WebGPU can use';

/** Whether that is what ONNX Runtime says. */
export const isNoAdapter = (cause: unknown): boolean =>
  /WebGPU adapter|supported adapters|webgpu_context/i.test(cause instanceof Error ? cause.message : String(cause));

/** What an error says. */
export const firstLine = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).trim().split('\n', 1)[0];

/** Images of channels last, its default, are convolved wrongly by onnxruntime 1.30: of 6, 9, 15, … channels to 4, 8, 12, … */
export const withOptions = (name: ExecutionProvider, others: readonly string[]): unknown =>
  name === 'webgpu'
    ? { name, preferredLayout: 'NCHW', ...(others.length > 0 ? { forceCpuNodeNames: others } : {}) }
    : name;

export const noGpu = (wrong: string, got?: string, cause?: unknown): UnequalError =>
  fault({
    wrong,
    got,
    expected: "a GPU for providers: ['webgpu']",
    mend: "leave providers out to train on the processor, or name it after: ['webgpu', 'cpu']",
    cause,
  });

/** Why a browser offers no GPU. */
async function withoutWebGpu(): Promise<{ wrong: string; got?: string } | undefined> {
  if (inNode()) return undefined;
  const { gpu } = globalThis.navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (gpu === undefined) {
    const secure = (globalThis as { isSecureContext?: boolean }).isSecureContext ?? true;
    return {
      wrong: 'this browser has no WebGPU',
      got: secure ? undefined : 'a page that came neither by https nor from localhost',
    };
  }
  return (await gpu.requestAdapter()) === null ? { wrong: 'WebGPU of this browser finds no GPU' } : undefined;
}

/** @throws UnequalError in a browser that offers no GPU. */
export async function requireWebGpu(): Promise<void> {
  const { wrong, got } = (await withoutWebGpu()) ?? {};
  if (wrong !== undefined) throw noGpu(wrong, got);
}
