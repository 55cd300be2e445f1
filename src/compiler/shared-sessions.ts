import { crc32 } from '../crc32.ts';
import type { OrtSession } from './onnx-runtime.ts';
import { createSession, type Runtime, type SessionSettings } from './runtime.ts';

interface Entry {
  readonly bytes: Uint8Array;
  readonly session: Promise<OrtSession>;
  users: number;
}

/**
 * By runtime, and by settings and checksum of the model; sessions of one key are told apart by their bytes. Those that use a session
 * hold it: it goes with them where nobody has disposed of a model.
 */
const entries = new WeakMap<Runtime, Map<string, readonly WeakRef<Entry>[]>>();

/** A session, and how to give it back. */
export interface SharedSession {
  readonly session: OrtSession;
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
  const known = entries.get(runtime) ?? new Map<string, readonly WeakRef<Entry>[]>();
  entries.set(runtime, known);
  const { executionProviders, threads, graphOptimizationLevel } = settings;
  const key = [executionProviders, threads, graphOptimizationLevel, bytes.length, crc32(bytes)].join(' ');
  const found = known
    .get(key)
    ?.find((one) => sameBytes(one.deref()?.bytes, bytes))
    ?.deref();
  const entry = found ?? { bytes, session: createSession(runtime, bytes, settings), users: 0 };
  entry.users++;
  if (found === undefined) {
    forget(known);
    known.set(key, [...(known.get(key) ?? []), new WeakRef(entry)]);
  }
  const leave = (): boolean => {
    if (--entry.users > 0) return false;
    forget(known, entry);
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

/** Takes out an entry, and all that are gone. */
function forget(known: Map<string, readonly WeakRef<Entry>[]>, entry?: Entry): void {
  for (const [key, alike] of known) {
    const rest = alike.filter((one) => one.deref() !== undefined && one.deref() !== entry);
    if (rest.length > 0) known.set(key, rest);
    else known.delete(key);
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  if (a?.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}
