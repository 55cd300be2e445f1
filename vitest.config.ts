import { defineConfig } from 'vitest/config';
import { pageScript } from './page-script.ts';

export default defineConfig({
  plugins: [pageScript()],
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/compile-short-runs.ts'],
    testTimeout: 60_000,
    // Two workers at most: the numeric tests use every core they get, more of them only take turns.
    maxWorkers: 2,
    silent: 'passed-only',
  },
});
