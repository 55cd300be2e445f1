// Writes docs/coverage.md: what is compiled and what else trains, from the tables of kernels, of cases and of programs that are tested.
import { spawnSync } from 'node:child_process';

const { status } = spawnSync('npx', ['vitest', 'run', 'test/compiler/coverage.test.ts', '--update'], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
