/** What runs the library: Node and what is like it (Deno, Bun), or a browser, in a page or a worker. */

/** Whether there are files and packages: in Node, Deno and Bun. */
export const inNode = (): boolean => typeof process !== 'undefined' && process.versions?.node !== undefined;

/**
 * A package for Node alone. Bundlers follow names that are written out, and no others: nobody ships a native package to a
 * browser.
 */
export const importInNode = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ name);

/** How many threads the platform runs at once. */
export function cores(): number {
  const { availableParallelism } = globalThis.process?.getBuiltinModule?.('node:os') ?? {};
  return availableParallelism?.() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}
