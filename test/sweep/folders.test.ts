/** What a sweep makes of folders that are there already, and of data that is other by now. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer } from '../../src/cluster/server.ts';
import { bundled } from '../data/bundle.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { command } from './command.ts';

const root = temporaryFolder();
const data = join(root, 'rows.csv');
let cli: Awaited<ReturnType<typeof bundled>>;
beforeAll(async () => {
  cli = await bundled('src/cli/main.ts');
}, 120_000);
afterAll(() => rmSync(cli.folder, { recursive: true, force: true }));

/** Rows whose class is told by their first number; with another shift they are others. */
function writeRows(shift = 0): void {
  const rows = Array.from(
    { length: 60 },
    (_, k) => `${(k * 7) % 20},${(k * 13 + shift) % 11},${k % 20 < 9 ? 'a' : 'b'}`,
  );
  writeFileSync(data, ['x,y,label', ...rows, ''].join('\n'));
}
writeRows();

function sweepOf(name: string, epochs: number, more: object = {}, train: object = {}) {
  const file = join(root, `${name}.yaml`);
  const shared = { data, target: 'label', 'batch-size': 8, engine: 'eager', ...train };
  // A file of JSON is one of YAML.
  writeFileSync(file, JSON.stringify({ name, train: shared, vary: { 'learning-rate': [0.01] }, epochs, ...more }));
  return command(cli.file, ['sweep', file, '--out', join(root, name), '--quiet', '--json']);
}
const rowsOf = ({ out }: { readonly out: string }) => JSON.parse(out).rows;
const weights = (folder: string) => readFileSync(join(folder, 'model', 'weights.bin'));

it.each([
  ['without a note', undefined],
  ['with a note, and no run of a sweep', { options: {}, epochs: 3, data: '', results: [] }],
])('what is in a folder that is not of a run stays: %s', { timeout: 60_000 }, async (_, note) => {
  const name = `taken-${note ? 1 : 0}`;
  const mine = join(root, name, 'run-0', 'thesis.txt');
  mkdirSync(join(root, name, 'run-0'), { recursive: true });
  writeFileSync(mine, 'years of work');
  if (note) writeFileSync(join(root, name, 'run-0.json'), JSON.stringify(note));
  const { code, err } = await sweepOf(name, 1);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/run-0 is not empty: got thesis\.txt, give --out a new folder/),
  ]);
  expect(existsSync(mine)).toBe(true);
});

it('a run that was trained on outside of the sweep is not taken for one of fewer epochs', {
  timeout: 90_000,
}, async () => {
  expect((await sweepOf('longer', 2)).code).toBe(0);
  const folder = join(root, 'longer', 'run-0');
  expect((await command(cli.file, ['train', '--resume', folder, '--epochs', '6', '--quiet'])).code).toBe(0);
  const { code, err } = await sweepOf('longer', 4);
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/run-0 was trained on outside of the sweep: got 6 epochs, expected at most 2/),
  ]);
  // What was known before is known still.
  expect(rowsOf(await sweepOf('longer', 2))[0].result.epochs).toBe(2);
});

it('known results are not taken for those of other data', { timeout: 90_000 }, async () => {
  const first = await sweepOf('changed', 2);
  expect(first.code).toBe(0);
  expect(rowsOf(await sweepOf('changed', 2))).toEqual(rowsOf(first));
  writeRows(3);
  const { code, err } = await sweepOf('changed', 2);
  writeRows();
  expect([code, err]).toEqual([
    1,
    expect.stringMatching(/run-0 was trained on other data: got other samples in .*rows\.csv by now/),
  ]);
});

it.each(['decayed', 'importance', 'infoBatch'])(
  'a run that is given more epochs is what its options give alone: %s',
  { timeout: 120_000 },
  async (method) => {
    for (const epochs of [1, 2]) expect((await sweepOf(method, epochs, {}, { method })).code).toBe(0);
    const alone = join(root, `${method}-alone`);
    const words = ['--data', data, '--target', 'label', '--batch-size', '8', '--engine', 'eager', '--method', method];
    await command(cli.file, ['train', ...words, '--learning-rate', '0.01', '--epochs', '2', '--out', alone, '--quiet']);
    expect(weights(join(root, method, 'run-0'))).toEqual(weights(alone));
  },
);

it('a sweep of which a run failed ends with 1, and says so; the others are known', { timeout: 90_000 }, async () => {
  const file = join(root, 'failing.yaml');
  // A network for pictures fits no rows.
  const model = ['auto', 'wide-resnet'];
  writeFileSync(
    file,
    JSON.stringify({ train: { data, target: 'label', engine: 'eager' }, vary: { model }, attempts: 1 }),
  );
  const { code, out } = await command(cli.file, ['sweep', file, '--out', join(root, 'failing'), '--quiet']);
  expect([code, out]).toEqual([1, expect.stringMatching(/\n1 of 2 runs failed\.\n/)]);
  const report = readFileSync(join(root, 'failing', 'report.html'), 'utf8');
  expect(report).toContain('1 of 2 runs failed.');
  expect([0, 1].map((run) => report.includes(`href="run-${run}/report.html"`))).toEqual([true, false]);
  expect(report).not.toContain('A run without a link');
});

it('a sweep that is stopped says how it goes on as it was, without secrets', { timeout: 60_000 }, async () => {
  const server = await startServer();
  const file = join(root, 'waits.yaml');
  writeFileSync(file, JSON.stringify({ name: 'waits', train: { data, target: 'label' }, vary: { seed: [1] } }));
  const folder = join(root, 'waits');
  const words = [cli.file, 'sweep', file, '--out', folder, '--parallel', '2', '--redis', server.url];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => /Runs wait/.test(`${text}`) && child.kill('SIGTERM'));
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
  const { host, password } = new URL(server.url);
  expect(out).toContain(
    `Go on with: unequal sweep ${file} --out ${folder} --parallel 2 --redis redis://${host} (user and password are left out`,
  );
  expect(out).not.toContain(password);
  await server.stop();
});
