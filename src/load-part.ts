import { fault } from './errors.ts';
import { inNode } from './platform.ts';

/**
 * A part of the library that is loaded when it is asked for: `await loadPart(() => import('./file.ts'))`.
 * @throws UnequalError if it does not arrive: without a network, after a page was built anew, or where nothing may be
 * imported later, as in a service worker.
 */
export async function loadPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw fault({
      wrong: 'a part of unequal cannot be loaded',
      got: cause instanceof Error ? cause.message : String(cause),
      mend: !inNode()
        ? 'reload the page, or bundle the program into one file'
        : typeof process.getBuiltinModule === 'function'
          ? 'install unequal anew'
          : 'run it with Node 20.19 or later, or an Electron that has it',
      cause,
    });
  }
}
