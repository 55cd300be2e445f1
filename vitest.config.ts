import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // Two workers at most: the numeric tests use every core they get, more of them only take turns.
    maxWorkers: 2,
    silent: 'passed-only',
  },
});
