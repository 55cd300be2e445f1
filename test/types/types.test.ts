/** Arguments as TensorFlow.js types them are accepted, however the compiler finds modules. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const here = import.meta.dirname;
const root = join(here, '../..');
const scratch = mkdtempSync(join(here, 'config-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it.each([
  ['nodenext', 'nodenext'],
  ['node16', 'node16'],
  ['esnext', 'bundler'],
])('module %s, moduleResolution %s', (module, moduleResolution) => {
  const config = join(scratch, `${module}.json`);
  const compilerOptions = {
    ...{ module, moduleResolution, target: 'es2022', strict: true, noEmit: true, skipLibCheck: true },
    types: [],
    // What the package publishes.
    paths: { unequal: [join(root, 'dist/index.d.mts')] },
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [join(here, 'programs.ts')] }));
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', config],
    {
      encoding: 'utf8',
    },
  );
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
