export const notLoaded =
  'The script that trains cannot be loaded. Reload the page; from a file on the disk it cannot run: `npx unequal play` serves it.';

/** A worker for `runner.ts`. Orders that are given before it can take them are kept by its port. */
export const startRunner = (): Worker => new Worker(new URL('./runner.ts', import.meta.url), { type: 'module' });
