import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
  ] as const) {
    await writeFile(file, text);
    const { code, err } = await run(['sweep', file, '--out', out]);
    expect([code, err.trim()]).toEqual([1, expect.stringMatching(message)]);
    expect(existsSync(join(out, 'run-0'))).toBe(false);
  }
});
