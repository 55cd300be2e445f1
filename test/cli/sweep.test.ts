import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isWhole } from '../../src/cli/sweep-options.ts';
import { run } from './run.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unequal-sweep-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

it('finds what no run could take before the first run', async () => {
  const [file, out] = [join(scratch, 'a.yaml'), join(scratch, 'out')];
  for (const [text, message] of [
    [
      'vary: { batch-sise: [8, 16] }',
      /^unknown option of unequal train in .*: got 'batch-sise'.*did you mean 'batch-size'\?$/,
    ],
    ['train: { modle: mlp }\nvary: { seed: [1] }', /got 'modle'.*did you mean 'model'\?$/],
    ['vary: { seed: [1\nname: x', /^the sweep .* cannot be read: got [^\\]*$/],
    ['vary: { batch-size: [8, 0, -5] }', /^bad batch-size in .*: got 0, .* Expected a whole number > 0\.$/],
    ['vary: { batch-size: [1.5] }', /^bad batch-size in .*: got 1.5, /],
    ['train: { method: true }\nvary: { seed: [1] }', /^bad method in .*: got true, .* argument missing$/],
    ['train: { method: false }\nvary: { seed: [1] }', /^bad method in .*: got false, /],
    ['train: { header: 3 }\nvary: { seed: [1] }', /^bad header in .*: got 3, /],
    ['vary: { method: [uniform, importanse] }', /^bad method in .*: got importanse, .*did you mean 'importance'/],
    ['search: random\nvary: { samples: { from: -5, to: -1 } }', /^bad samples in .*: got -\d, /],
  ] as const) {
    await writeFile(file, text);
    const { code, err } = await run(['sweep', file, '--out', out]);
    expect([code, err.trim()]).toEqual([1, expect.stringMatching(message)]);
    expect(existsSync(join(out, 'run-0'))).toBe(false);
  }
});

it('knows from the parser of train which options are whole numbers', () => {
  const whole = ['batch-size', 'seed', 'size', 'samples', 'test-samples', 'checkpoint-every'];
  const others = ['learning-rate', 'presample', 'test-share', 'method', 'data', 'target', 'option', 'header'];
  expect([...whole, ...others].filter(isWhole)).toEqual(whole);
});
