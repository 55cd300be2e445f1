/** The examples have right types, and the parts of them that the pages show also where they are put into a program in TypeScript. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const folder = resolve('examples');
const { options, fileNames } = ts.getParsedCommandLineOfConfigFile(join(folder, 'tsconfig.json'), {}, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: () => {},
} as ts.ParseConfigFileHost)!;

/** TensorFlow.js types what its models give as any number of tensors, and gradients as what no optimizer takes; docs say what to write. */
const asTensorFlowHasThem = /^compile\.mts: .*(model\.apply\(x\)|applyGradients\(grads\))/;

function said({ file, start = 0, messageText }: ts.Diagnostic): string {
  const { line } = file!.getLineAndCharacterOfPosition(start);
  const text = ts.flattenDiagnosticMessageText(messageText, ' ');
  return `${file!.fileName.slice(folder.length + 1)}: ${file!.text.split('\n')[line].trim()}: ${text}`;
}

it('have right types', { timeout: 240_000 }, () => {
  expect(options.strict && options.noImplicitAny !== false && options.strictNullChecks !== false).toBe(true);
  const program = ts.createProgram(fileNames, options);
  expect(ts.getPreEmitDiagnostics(program).map(said)).toEqual([]);
});

it('have right types in TypeScript, which takes none from comments', { timeout: 240_000 }, () => {
  const programs = (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
    .filter(({ text }) => text.includes('#region'));
  const files = new Map(programs.map(({ name, text }) => [resolve(folder, name.replace(/mjs$/, 'mts')), text]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => files.has(resolve(path)) || fileExists.call(host, path);
  host.readFile = (path) => files.get(resolve(path)) ?? readFile.call(host, path);
  host.getSourceFile = (path, version) => {
    const text = files.get(resolve(path));
    return text === undefined ? getSourceFile.call(host, path, version) : ts.createSourceFile(path, text, version);
  };
  const checked = ts.createProgram([...files.keys()], options, host);
  const found = [...files.keys()].flatMap((path) => {
    const source = checked.getSourceFile(path)!;
    const shown = (position: number) =>
      source.text.lastIndexOf('#region', position) > source.text.lastIndexOf('#endregion', position);
    return [...checked.getSyntacticDiagnostics(source), ...checked.getSemanticDiagnostics(source)].filter(({ start }) =>
      shown(start!),
    );
  });
  expect(found.map(said).filter((text) => !asTensorFlowHasThem.test(text))).toEqual([]);
});
