/**
 * Everything that the package exports says what it is; every function and class has an example in its docstring, and each
 * example has right types.
 */
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const entries: Readonly<Record<string, string>> = {
  unequal: resolve('src/index.ts'),
  'unequal/compile': resolve('src/compiler/index.ts'),
  'unequal/sampling': resolve('src/sampling/index.ts'),
  'unequal/data': resolve('src/data/index.ts'),
  'unequal/models': resolve('src/models/index.ts'),
  'unequal/report': resolve('src/report/index.ts'),
  'unequal/cluster': resolve('src/cluster/index.ts'),
};

/** What examples take for granted. */
const given = `
import type * as tf from '@tensorflow/tfjs';
import type { Sampler, Samples } from 'unequal';
import type { Figure } from 'unequal/report';
declare global {
  const model: tf.LayersModel;
  const x: tf.Tensor;
  const y: tf.Tensor;
  const samples: Samples;
  const makeModel: () => tf.LayersModel;
  const sampler: Sampler;
  const drawn: Figure | undefined;
}`;

const { options } = ts.getParsedCommandLineOfConfigFile('tsconfig.json', {}, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: () => {},
} as ts.ParseConfigFileHost)!;
const settings: ts.CompilerOptions = {
  ...options,
  noUnusedLocals: false,
  paths: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, [path]])),
};

it('have examples of right types', { timeout: 240_000 }, () => {
  const program = ts.createProgram(Object.values(entries), settings);
  const checker = program.getTypeChecker();
  const exported = new Map<string, ReadonlyMap<string, ts.Symbol>>();
  for (const [name, path] of Object.entries(entries)) {
    const symbols = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path)!)!);
    exported.set(name, new Map(symbols.map((symbol) => [symbol.name, symbol])));
  }

  const silent: string[] = [];
  const without: string[] = [];
  const files = new Map([[resolve('examples/given.d.ts'), given]]);
  for (const [entry, symbols] of exported) {
    for (const [name, alias] of symbols) {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
      // What options and states are is said by their names, and by their members.
      const said =
        symbol.getDocumentationComment(checker).length > 0 || /(Options|Args|Init|Settings|State)$/.test(name);
      if (!said) silent.push(`${entry}: ${name}`);
      if (alias.declarations?.some((one) => ts.isExportSpecifier(one) && ts.isTypeOnlyExportDeclaration(one))) continue;
      if (!(symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class | ts.SymbolFlags.Variable))) continue;
      const tag = symbol.getJsDocTags(checker).find((tag) => tag.name === 'example');
      const [, code] = /```ts\n([\s\S]*?)\n```/.exec(ts.displayPartsToString(tag?.text)) ?? [];
      if (code === undefined) without.push(`${entry}: ${name}`);
      else files.set(resolve('examples', `${entry.replace('/', '-')}-${name}.ts`), asModule(code, entry, exported));
    }
  }
  expect(silent).toEqual([]);
  expect(without).toEqual([]);
  expect(files.size).toBeGreaterThan(150);

  const host = ts.createCompilerHost(settings);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists.call(host, path);
  host.readFile = (path) => files.get(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, version) =>
    files.has(path)
      ? ts.createSourceFile(path, files.get(path)!, version)
      : (program.getSourceFile(path) ?? getSourceFile.call(host, path, version));
  const checked = ts.createProgram([...files.keys()], settings, host);
  const wrong = [...files.keys()].flatMap((path) =>
    [
      ...checked.getSyntacticDiagnostics(checked.getSourceFile(path)),
      ...checked.getSemanticDiagnostics(checked.getSourceFile(path)),
    ].map(({ messageText, start, file }) => {
      const line = file!.text.slice(0, start).split('\n').length;
      return `${path.slice(join(resolve('examples'), '/').length)}: ${file!.text.split('\n')[line - 1]}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    }),
  );
  expect(wrong).toEqual([]);
});

/** An example as a module that imports what it uses, from its own path where that has it. */
function asModule(code: string, entry: string, exported: ReadonlyMap<string, ReadonlyMap<string, ts.Symbol>>): string {
  const order = [entry, ...Object.keys(entries).filter((name) => name !== entry)];
  const own = new Set(
    [...code.matchAll(/(?:const|let) (?:\{([^}]*)\}|\[([^\]]*)\]|(\w+))/g)].flatMap(
      ([, ...names]) => (names.find(Boolean) ?? '').match(/\w+/g) ?? [],
    ),
  );
  const plain = code.replace(/\/\/.*/g, '').replace(/'[^']*'/g, "''");
  const names = new Set(plain.match(/(?<![.\w])[A-Za-z]\w*(?!\s*:)/g));
  const imports = [...names].flatMap((name) => {
    const from = own.has(name) ? undefined : order.find((path) => exported.get(path)!.has(name));
    return from === undefined ? [] : [`import { ${name} } from '${from}';`];
  });
  return `import * as tf from '@tensorflow/tfjs';\n${imports.join('\n')}\nexport {};\n${code}\n`;
}
