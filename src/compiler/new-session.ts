import type { OrtSession } from './onnx-runtime.ts';

/** What makes sessions. */
interface Maker {
  readonly InferenceSession: { create(model: Uint8Array, options?: object): Promise<OrtSession> };
}

type SetImmediate = typeof globalThis.setImmediate;

/** That of the platform: tests put others in its place, or none. Browsers have none. */
const own: SetImmediate | undefined = globalThis.process?.getBuiltinModule?.('node:timers').setImmediate;
/** Whether it was another already when this was loaded: then what is left is the next moment, which nobody fakes. */
const isOthers = own !== undefined && ('clock' in own || 'mock' in own);
/** What stands in the place of another, while anybody waits for the platform's. */
let loan: { readonly mine: SetImmediate; readonly others: SetImmediate | undefined; waiting: number } | undefined;

/**
 * A session of ONNX Runtime that also runs while a test fakes timers: its binding for Node begins all it does by `setImmediate`,
 * and would wait for ever for one that nobody advances.
 */
export async function newSession(runtime: Maker, model: Uint8Array, options: object): Promise<OrtSession> {
  const giveBack = useOwnTimer();
  try {
    const session = await runtime.InferenceSession.create(model, options);
    const run = session.run.bind(session);
    session.run = (feeds, fetches) => {
      const giveBack = useOwnTimer();
      try {
        // It asks for its turn before it returns.
        return fetches === undefined ? run(feeds) : run(feeds, fetches);
      } finally {
        giveBack();
      }
    };
    return session;
  } finally {
    giveBack();
  }
}

/** Puts the platform's `setImmediate` in the place of another. @returns what puts the other back. */
function useOwnTimer(): () => void {
  const found: SetImmediate | undefined = globalThis.setImmediate;
  if (own === undefined || (found === own && !isOthers)) return () => {};
  if (loan === undefined || found !== loan.mine) loan = { mine: inPlaceOf(found), others: found, waiting: 0 };
  const current = loan;
  current.waiting++;
  globalThis.setImmediate = current.mine;
  return () => {
    // Whoever has put another there meanwhile has the last word.
    if (--current.waiting > 0 || globalThis.setImmediate !== current.mine) return;
    globalThis.setImmediate = current.others!;
  };
}

/** With all that what fakes timers has written on its own function, and looks for when it gives them back. */
function inPlaceOf(others: SetImmediate | undefined): SetImmediate {
  const mine = <T extends unknown[]>(work: (...args: T) => void, ...args: T) =>
    isOthers ? void Promise.resolve().then(() => work(...args)) : own!(work, ...args);
  return Object.defineProperties(mine, Object.getOwnPropertyDescriptors(others ?? {})) as unknown as SetImmediate;
}
