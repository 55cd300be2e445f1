import type { InferenceSession } from 'onnxruntime-node';
import { crc32 } from '../crc32.ts';
import { createSession, type Runtime, type SessionSettings } from './runtime.ts';

interface Entry {
  readonly bytes: Uint8Array;
  readonly session: Promise<InferenceSession>;
  users: number;
}

/** By runtime, and by settings and checksum of the model; sessions of one key are told apart by their bytes. */
const entries = new WeakMap<Runtime, Map<string, readonly Entry[]>>();

/** A session, and how to give it back. */
export interface SharedSession {
  readonly session: InferenceSession;
  /** Ends the session if nobody else has it. */
  release(): Promise<void>;
}

/**
 * A session of the model with these bytes, one for all who ask while someone has it. Weights are inputs, so that models of one
 * architecture, such as those of an ensemble or of a search, have the same step, and loading it takes longer than tracing it.
 */
export async function sharedSession(
  runtime: Runtime,
  bytes: Uint8Array,
  settings: SessionSettings,
): Promise<SharedSession> {
  const known = entries.get(runtime) ?? new Map<string, readonly Entry[]>();
  entries.set(runtime, known);
  const { executionProviders, threads, graphOptimizationLevel } = settings;
  const key = [executionProviders, threads, graphOptimizationLevel, bytes.length, crc32(bytes)].join(' ');
  const alike = known.get(key) ?? [];
  const found = alike.find((one) => sameBytes(one.bytes, bytes));
  const entry = found ?? { bytes, session: createSession(runtime, bytes, settings), users: 0 };
  if (found === undefined) known.set(key, [...alike, entry]);
  entry.users++;
  const leave = (): boolean => {
    if (--entry.users > 0) return false;
    const rest = known.get(key)!.filter((one) => one !== entry);
    if (rest.length > 0) known.set(key, rest);
    else known.delete(key);
    return true;
  };
  try {
    const session = await entry.session;
    let released = false;
    return {
      session,
      release: async () => {
        if (released) return;
        released = true;
        if (leave()) await session.release();
      },
    };
  } catch (error) {
    leave();
    throw error;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}
