/** Whatever files, classes, layers and methods are called, the built command line sends no escape sequence of it on. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { saveModel } from '../../src/models/save-model.ts';

const program = join(import.meta.dirname, '../../dist/cli.mjs');
const hostile = 'x\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
const root = mkdtempSync(join(tmpdir(), 'unequal-escape-'));
const scratch = join(root, hostile);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function unequal(...argv: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, ...argv], {
    encoding: 'utf8',
    cwd: scratch,
  });
  return { said: stdout + stderr, status };
}

const model = () =>
  tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [28, 28, 1], name: 'first' }),
      tf.layers.dense({ units: 10, activation: 'softmax', name: 'second' }),
    ],
  });
const net = join(scratch, 'net', 'model.json');
const small = [
  '--samples',
  '200',
  '--test-samples',
  '50',
  '--batch-size',
  '20',
  '--epochs',
  '1',
  '--method',
  'uniform',
];
const train = (path: string, out: string) =>
  unequal('train', '--model', path, '--data', 'mnist', ...small, '--out', join(scratch, out));

beforeAll(async () => {
  mkdirSync(scratch);
  await saveModel(model(), join(scratch, 'net'));
});

it('of a run that succeeds: paths', () => {
  const { said, status } = train(net, 'run');
  expect(status, said).toBe(0);
  expect(said).toContain('\\u001b]0;owned\\u0007');
  expect(said).not.toMatch(obeyed);
  expect(readFileSync(join(scratch, 'run', 'report.html'), 'utf8')).not.toMatch(obeyed);
});

it('of a run folder that others have written: methods, reasons, notes, unknown types', () => {
  const forged = join(scratch, 'forged');
  cpSync(join(scratch, 'run'), forged, { recursive: true });
  const config = JSON.parse(readFileSync(join(forged, 'config.json'), 'utf8'));
  config.methods = { [hostile]: { [hostile]: hostile } };
  config.notes = { [hostile]: hostile };
  writeFileSync(join(forged, 'config.json'), JSON.stringify({ ...config, title: hostile, command: hostile }));
  const lines = readFileSync(join(forged, 'metrics.ndjson'), 'utf8').replaceAll('"uniform"', JSON.stringify(hostile));
  const at = { method: hostile, seconds: 1, step: 1 };
  const more = [
    { ...at, type: 'switch', on: true, why: hostile },
    { type: hostile },
    { ...at, type: 'result', importanceShare: 0, forward: 1, backward: 1, failed: hostile, explanation: [hostile] },
  ];
  writeFileSync(join(forged, 'metrics.ndjson'), lines + more.map((one) => `${JSON.stringify(one)}\n`).join(''));
  for (const options of [[], ['--json']]) {
    const { said, status } = unequal('report', forged, ...options);
    expect(status, said).toBe(0);
    expect(said).toContain('is damaged or unknown');
    expect(said).not.toMatch(obeyed);
  }
  expect(readFileSync(join(forged, 'report.html'), 'utf8')).not.toMatch(obeyed);
});

it.each([
  ['a model that is missing', () => train(join(scratch, 'none.json'), 'b')],
  ['a folder that is not empty', () => train(net, 'run')],
  [
    'a model whose layers have such names',
    () => {
      cpSync(join(scratch, 'net'), join(scratch, 'layers'), { recursive: true });
      const path = join(scratch, 'layers', 'model.json');
      writeFileSync(path, readFileSync(path, 'utf8').replaceAll('second', JSON.stringify(hostile).slice(1, -1)));
      return train(path, 'l');
    },
  ],
  [
    'a damaged model',
    () => {
      writeFileSync(join(scratch, 'bad.json'), `{"${hostile}`);
      return train(join(scratch, 'bad.json'), 'c');
    },
  ],
  [
    'classes of a data set',
    () => {
      const folder = join(scratch, 'set', 'Images', `${hostile}class`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${hostile}.jpg`), 'no picture');
      return unequal('data', 'check', 'mit67', '--from', join(scratch, 'set'));
    },
  ],
  ['an option', () => unequal('train', `--${hostile}`)],
  ['a run folder that is none', () => unequal('report', join(scratch, 'set'))],
])('of a run that fails: %s', (_, run) => {
  const { said, status } = run();
  expect(status, said).toBeGreaterThan(0);
  expect(said).toContain('\\u001b');
  expect(said).not.toMatch(obeyed);
  expect(said).not.toMatch(/\n\s+at /);
  expect(readdirSync(scratch)).toContain('run');
});
