// Writes docs/coverage.md: what the compiler covers, from its tables of kernels and the cases that are tested.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('npx', ['vitest', 'run', 'test/compiler/coverage.test.ts', '--update'], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
