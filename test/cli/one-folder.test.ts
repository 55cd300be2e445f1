/** No two processes write into one folder: every command that has an --out refuses one that another is writing to. */
import { writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Command } from 'commander';
import { beforeAll, expect, it } from 'vitest';
import { programOf } from '../../src/cli/cli.ts';
import { holdFolder } from '../../src/lock/hold-folder.ts';
import { saveModel } from '../../src/models/save-model.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { run } from './run.ts';

const root = temporaryFolder();
const config = join(root, 'sweep.yaml');
writeFileSync(
  config,
  'name: one\nvary: { method: [uniform] }\ntrain: { data: mnist, samples: 100, test-samples: 50 }\n',
);
const net = join(root, 'net');
const small = ['--samples', '200', '--test-samples', '50', '--quiet', '--model', join(net, 'model.json')];

beforeAll(async () => {
  await tf.setBackend('cpu');
  const layers = [
    tf.layers.flatten({ inputShape: [28, 28, 1] }),
    tf.layers.dense({ units: 10, activation: 'softmax' }),
  ];
  await saveModel(tf.sequential({ layers }), net);
});

/** Command lines of every command with an --out that is a folder; none where many processes share it, and why. */
const commands: { readonly [name: string]: readonly string[] | string } = {
  train: ['train', '--data', 'mnist', '--epochs', '1', '--engine', 'eager', ...small],
  race: ['race', '--methods', 'uniform', '--seconds', '0.1', '--engine', 'eager', ...small],
  experiment: ['experiment', 'gradient-norms', '--steps', '1', '--seeds', '1', '--samples', '10', '--quiet'],
  'experiment target': ['experiment', 'target', '--smoke', '--quiet'],
  'experiment sensitivity': ['experiment', 'sensitivity', '--smoke', '--quiet'],
  sweep: ['sweep', config, '--quiet'],
  worker: 'the folder is that of the sweep; each of its runs has one process',
};

function* withOut(command: Command, above: readonly string[] = []): Iterable<string> {
  for (const one of command.commands) {
    const name = [...above, one.name()];
    if (one.options.some(({ flags }) => flags === '--out <folder>')) yield name.join(' ');
    yield* withOut(one, name);
  }
}

it('knows all commands that write into a folder', () => {
  const signal = new AbortController().signal;
  const out = { write: () => {} };
  const program = programOf({ stdout: out, stderr: out, signal }, () => {});
  expect([...withOut(program)].sort()).toEqual(Object.keys(commands).sort());
});

const lines = Object.entries(commands).flatMap(([name, words]) => (typeof words === 'string' ? [] : [{ name, words }]));
it.each([...lines, { name: 'race --seeds', words: [...commands.race, '--seeds', '1'] }])(
  '$name',
  async ({ name, words }) => {
    const folder = join(root, name.replace(/ /g, '-'));
    const other = await holdFolder(folder);
    const { code, out, err } = await run([...words, '--out', folder]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /is being written by another process: got process .* on .* since .*, wait for its end or end it/,
    );
    expect(await readdir(folder)).toEqual(['run.lock']);
    other.release();
  },
  60_000,
);

it('a folder that is gone on with by --resume or --seeds is that of one process as well', async () => {
  const train = join(root, 'again');
  expect((await run([...commands.train, '--out', train])).code).toBe(0);
  const race = join(root, 'seeds');
  const seeds = [...commands.race, '--out', race, '--seeds'];
  expect((await run([...seeds, '1'])).code).toBe(0);
  for (const [folder, words] of [
    [train, ['train', '--resume', train, '--epochs', '2', '--quiet']],
    [race, [...seeds, '2']],
  ] as const) {
    // A line that the other process is in the middle of.
    const metrics = join(folder, 'metrics.ndjson');
    writeFileSync(metrics, '{"type":"po', { flag: 'a' });
    const before = await readFile(metrics, 'utf8');
    const other = await holdFolder(folder);
    const { code, err } = await run(words);
    expect([code, err]).toEqual([1, expect.stringContaining('is being written by another process')]);
    expect(await readFile(metrics, 'utf8')).toBe(before);
    other.release();
    expect((await run(words)).code).toBe(0);
    expect((await readdir(folder)).filter((name) => name.includes('.lock'))).toEqual([]);
  }
}, 120_000);
