/** The folder of a run that is removed, or moved, while it goes on. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/temporary.ts';
import { epochsIn, table, train } from './killed.ts';
import { run } from './run.ts';

const scratch = temporaryFolder();
const data = table(scratch);
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const race = (out: string) => [
  ...['race', '--data', data, '--methods', 'uniform,importance', '--seconds', '30', '--engine', 'eager', '--quiet'],
  ...['--out', out],
];

it.each([
  { name: 'train', words: (out: string) => train(data, out, '--epochs', '5000') },
  { name: 'train-often', words: (out: string) => train(data, out, '--epochs', '5000', '--checkpoint-every', '1') },
  { name: 'race', words: race },
])(
  '$name ends, and makes none anew',
  async ({ name, words }) => {
    const out = join(scratch, name);
    const going = run(words(out));
    while (epochsIn(out) < 1) await turn();
    rmSync(out, { recursive: true });
    const { code, err } = await going;
    expect([code, err]).toEqual([1, expect.stringMatching(/^the run folder .* is gone: .*\n$/)]);
    expect(existsSync(out)).toBe(false);
  },
  60_000,
);

it('can be gone on with where it was moved to', async () => {
  const [out, there] = [join(scratch, 'here'), join(scratch, 'there')];
  const going = run(train(data, out, '--epochs', '5000'));
  while (epochsIn(out) < 3) await turn();
  renameSync(out, there);
  expect((await going).code).toBe(1);
  // This process lives, and would count as one that writes there.
  for (const lock of ['run.lock', 'checkpoint.lock']) rmSync(join(there, lock), { force: true });
  const epochs = epochsIn(there);
  expect((await run(['train', '--resume', there, '--epochs', `${epochs + 2}`, '--quiet'])).code).toBe(0);
  expect(epochsIn(there)).toBe(epochs + 2);
}, 60_000);
