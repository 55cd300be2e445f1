/** Arguments as TensorFlow.js types them are accepted, however the compiler finds modules. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, expect, it } from 'vitest';

const here = import.meta.dirname;
const root = join(here, '../..');
const scratch = mkdtempSync(join(here, 'config-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What the compiler says of programs, with these options. */
function compile(name: string, options: object, programs = 'programs.ts') {
  const config = join(scratch, `${name}.json`);
  const compilerOptions = {
    ...{ target: 'es2022', strict: true, noEmit: true, skipLibCheck: true, types: [] },
    // What the package publishes.
    paths: { unequal: [join(root, 'dist/index.d.mts')], 'unequal/*': [join(root, 'dist/*.d.mts')] },
    ...options,
  };
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [join(here, programs)] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', config], { cwd: root, encoding: 'utf8' });
}

it.each([
  ['nodenext', 'nodenext'],
  ['node16', 'node16'],
  ['esnext', 'bundler'],
])('module %s, moduleResolution %s', (module, moduleResolution) => {
  const { status, stdout } = compile(module, { module, moduleResolution });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

it('names, samples and options are known to a compiler that is as strict as it can be', () => {
  const strict = {
    ...{ noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true, exactOptionalPropertyTypes: true },
    lib: ['es2023'],
  };
  const { status, stdout } = compile('strictest', { module: 'nodenext', ...strict }, 'strict-programs.ts');
  expect(stdout).toBe('');
  expect(status).toBe(0);
});

it('declarations of ours know nothing of a browser', () => {
  const without = { skipLibCheck: false, lib: ['es2023'], types: ['node'] };
  const { stdout } = compile('node', { module: 'nodenext', ...without }, 'strict-programs.ts');
  expect(stdout.split('\n').filter((line) => /^dist/.test(line))).toEqual([]);
});

it('declarations of ours hold where those of libraries are checked, and optional properties are exact', () => {
  const strict = { skipLibCheck: false, exactOptionalPropertyTypes: true };
  const { stdout } = compile('strict', { module: 'esnext', moduleResolution: 'bundler', ...strict });
  // Those of TensorFlow.js do not.
  expect(stdout.split('\n').filter((line) => /^dist|plot|d3/.test(line))).toEqual([]);
});

it('what is exported is found where exports are not known, as by moduleResolution node10', () => {
  const { exports, typesVersions } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const { '.': _, './package.json': __, ...parts } = exports as { [name: string]: { types: string } };
  const expected = Object.entries(parts).map(([name, { types }]) => [name.slice(2), [types]]);
  expect(typesVersions).toEqual({ '*': Object.fromEntries(expected) });
});

it('declarations ask for no package that need not be installed', () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const optional = Object.keys(peerDependenciesMeta);
  const always = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !optional.includes(name));
  const declarations = readdirSync(join(root, 'dist')).filter((file) => file.endsWith('.d.mts'));
  expect(declarations).toContain('compile.d.mts');
  for (const file of declarations) {
    const text = readFileSync(join(root, 'dist', file), 'utf8');
    const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(text);
    const asked = [...importedFiles, ...typeReferenceDirectives].map(({ fileName }) => fileName);
    const packages = asked.filter((name) => !name.startsWith('.'));
    expect(packages.filter((name) => !always.some((one) => name === one || name.startsWith(`${one}/`)))).toEqual([]);
  }
});
