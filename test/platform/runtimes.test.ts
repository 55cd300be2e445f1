/** The built package in Node, Deno and Bun: the same program, the same numbers. */
import { execFile, spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { install } from './install.ts';
import { expectSame, type Result } from './result.ts';

const main = `import { program } from './program.mjs';
import { writeFileSync } from 'node:fs';
const [out, engine, path] = process.argv.slice(2);
writeFileSync(out, JSON.stringify(await program({ engine, path })));`;

/** Hides a package, as if its install step had failed. */
const hide = `data:text/javascript,${encodeURIComponent(`import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(
  "export const resolve = (name, context, next) => { if (/^(onnxruntime-node|sharp|tar|yauzl)$/.test(name)) throw new Error('Cannot find package ' + JSON.stringify(name)); return next(name, context); }"
));`)}`;

let user: Awaited<ReturnType<typeof install>>;
let scratch: string;
let runs = 0;
let reference: Result;

beforeAll(async () => {
  user = await install({ 'main.mjs': main });
  await copyFile('test/platform/program.mjs', join(user.folder, 'program.mjs'));
  scratch = await mkdtemp(join(tmpdir(), 'unequal-runs-'));
  ({ result: reference } = await run(node, 'eager'));
}, 120_000);
afterAll(async () => {
  await user.remove();
  await rm(scratch, { recursive: true });
});

async function run(command: readonly string[], engine: string): Promise<{ result: Result; said: string }> {
  const out = join(scratch, `${runs}.json`);
  const [file, ...args] = [...command, 'main.mjs', out, engine, join(scratch, `${runs++}.checkpoint`)];
  const child = spawn(file, args, { cwd: user.folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const code = await new Promise((ended) => child.on('close', ended));
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${said}`);
  return { result: JSON.parse(await readFile(out, 'utf8')), said };
}

const node = [process.execPath];
const deno = [
  process.execPath,
  resolve('node_modules/deno/bin.cjs'),
  'run',
  '--allow-all',
  '--no-lock',
  '--node-modules-dir=manual',
];
const bun = [resolve('node_modules/.bin/bun'), 'run'];

it.each<[string, readonly string[], string]>([
  ['Node', node, 'compiled'],
  ['Deno', deno, 'eager'],
  ['Deno', deno, 'compiled'],
  ['Bun', bun, 'eager'],
  ['Bun', bun, 'compiled'],
])('%s %#', { timeout: 240_000 }, async (_, command, engine) => {
  const { result } = await run(command, engine);
  expectSame(result, reference);
});

it('Deno imports all of it with the permission to read alone', async () => {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8'));
  const names = Object.keys(exports).filter((name) => !name.endsWith('.json'));
  const all = names.map((name) => `import ${JSON.stringify(join('unequal', name))};`);
  await writeFile(join(user.folder, 'imports.mjs'), `${all.join('\n')}\nconsole.log('done');`);
  const [file, ...args] = deno.map((word) => (word === '--allow-all' ? '--allow-read' : word));
  const options = { cwd: user.folder };
  const { stdout } = await promisify(execFile)(file, [...args, '--no-prompt', 'imports.mjs'], options);
  expect(stdout).toBe('done\n');
});

it('trains eagerly without onnxruntime-node, sharp, tar and yauzl, and says once what is lost', {
  timeout: 240_000,
}, async () => {
  const { result, said } = await run([...node, '--import', hide], 'auto');
  expectSame(result, reference);
  expect(said.match(/unequal:/g)).toHaveLength(1);
  expect(said).toContain(
    'onnxruntime-node cannot be loaded: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node',
  );
});

it('says how to install it where compiled steps are asked for', { timeout: 240_000 }, async () => {
  await expect(run([...node, '--import', hide], 'compiled')).rejects.toThrow(
    'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node',
  );
});
