/** What importing the library loads: by following the import statements of the built files. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseAst } from 'vite';
import { expect, it } from 'vitest';

interface Node {
  readonly type: string;
  readonly source?: { readonly value?: unknown } | null;
}

/** Files of the build that one of them imports, and what they import from elsewhere: packages and built-in modules. */
function loaded(entry: string, { dynamic = false } = {}): { packages: string[]; files: string[] } {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const source of sourcesOf(readFileSync(file, 'utf8'), dynamic)) {
      if (source.startsWith('.')) visit(join(dirname(file), source));
      else
        packages.add(
          source
            .split('/')
            .slice(0, source.startsWith('@') ? 2 : 1)
            .join('/'),
        );
    }
  };
  visit(resolve('dist', entry));
  return { packages: [...packages].sort(), files: [...seen] };
}

const imported = (entry: string, options = {}) => loaded(entry, options).packages;

/** Lines outside of functions that ask for what only Node has. */
function atOnce(file: string): string[] {
  const code = readFileSync(file, 'utf8');
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) walk(one);
    else if (typeof value === 'object' && value !== null) {
      const { type, start, end, name } = value as { type?: string; start: number; end: number; name?: unknown };
      if (/Function|MethodDefinition|PropertyDefinition/.test(type ?? '')) return;
      if (type === 'MemberExpression' && code.slice(start, end).startsWith('process.'))
        found.push(code.slice(start, end));
      for (const [key, part] of Object.entries(value)) if (key !== 'name' || name === undefined) walk(part);
    }
  };
  walk(parseAst(code).body);
  return found;
}

function sourcesOf(code: string, dynamic: boolean): string[] {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) walk(one);
    else if (typeof value === 'object' && value !== null) {
      const { type, source } = value as Node;
      const isImport = ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration'].includes(type);
      if ((isImport || (dynamic && type === 'ImportExpression')) && typeof source?.value === 'string') {
        found.push(source.value);
      }
      for (const part of Object.values(value)) walk(part);
    }
  };
  walk(parseAst(code).body);
  return found;
}

const needed = ['@tensorflow/tfjs', 'onnx-proto', 'pure-rand'];

it.each([
  ['index', needed],
  ['compile', ['@tensorflow/tfjs', 'onnx-proto']],
  ['sampling', ['pure-rand']],
  ['models', ['@tensorflow/tfjs']],
  ['report', ['@observablehq/plot', 'linkedom']],
  ['data-web', ['@tensorflow/tfjs', 'pure-rand']],
])('%s loads what it needs, and nothing of Node', (entry, packages) => {
  const got = imported(`${entry}.mjs`);
  expect(got).toEqual(packages);
});

it.each(['index', 'compile', 'sampling', 'models', 'report', 'data-web'])(
  '%s has no module of Node on any path, also not one that is loaded later',
  (entry) => {
    const got = imported(`${entry}.mjs`, { dynamic: true });
    expect(got.filter((name) => name.startsWith('node:') || builtinModules.includes(name))).toEqual([]);
    expect(got.filter((name) => /^(sharp|tar|yauzl|commander)/.test(name))).toEqual([]);
  },
);

it.each(['index', 'compile', 'sampling', 'models', 'report', 'data-web'])(
  '%s runs nothing of Node when it is imported',
  (entry) => {
    const { files } = loaded(`${entry}.mjs`);
    expect(files.flatMap((file) => atOnce(file))).toEqual([]);
  },
);

it('data in Node loads packages for archives and pictures when it meets one', () => {
  const got = imported('data.mjs').filter((name) => !name.startsWith('node:'));
  expect(got).toEqual(['@tensorflow/tfjs', 'pure-rand']);
});

it('sees what is there: the command line does load its packages', () => {
  expect(loaded('cli.mjs').files.flatMap((file) => atOnce(file))).not.toEqual([]);
  expect(imported('cli.mjs', { dynamic: true })).toEqual(
    expect.arrayContaining(['commander', 'yauzl', 'tar', 'node:fs']),
  );
});

/** esbuild, which comes with VitePress. */
const esbuild = createRequire(createRequire(import.meta.url).resolve('vitepress/package.json'))('esbuild') as {
  build(options: object): Promise<{ warnings: unknown[]; outputFiles: { text: string }[] }>;
};

it('esbuild bundles index without onnxruntime-web, and says nothing', async () => {
  // A folder that sees no packages: all but the missing one are left to whoever runs the bundle.
  const folder = mkdtempSync(join(tmpdir(), 'unequal-esbuild-'));
  try {
    for (const file of loaded('index.mjs', { dynamic: true }).files)
      cpSync(file, join(folder, relative(resolve('dist'), file)));
    const external = imported('index.mjs', { dynamic: true }).filter((name) => name !== 'onnxruntime-web');
    const { warnings, outputFiles } = await esbuild.build({
      entryPoints: [join(folder, 'index.mjs')],
      ...{ bundle: true, format: 'esm', write: false, logLevel: 'silent', external },
    });
    expect(warnings).toEqual([]);
    expect(outputFiles[0].text).toContain('import("onnxruntime-web/wasm")');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('what draws a report is in browsers a build of linkedom that asks for no canvas, which webpack would look for', () => {
  const { browser } = JSON.parse(readFileSync('package.json', 'utf8')) as { browser: { [name: string]: string } };
  expect(imported('index.mjs', { dynamic: true })).toContain('linkedom');
  expect(browser).toEqual({ linkedom: 'linkedom/worker' });
  const file = resolve('node_modules/linkedom/worker.js');
  expect(sourcesOf(readFileSync(file, 'utf8'), true)).toEqual([]);
  expect(readFileSync(file, 'utf8')).not.toMatch(/require\(/);
});
