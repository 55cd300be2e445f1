/** Workers that cannot work are told of: without them nothing but the result says that training was uniform. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, it, vi } from 'vitest';
import { distributedImportance } from '../../src/cluster/index.ts';
import { fit } from '../../src/fit/fit.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinySamples } from './small.ts';

const folder = temporaryFolder();

/** What is warned of while two workers run this text, of which one ends or says that it runs. */
async function warnings(text: string): Promise<string[]> {
  const [file, runs] = [join(folder, 'worker.mjs'), join(folder, 'runs')];
  writeFileSync(file, `import { writeFileSync } from 'node:fs';\n${text.replace('RUNS', JSON.stringify(runs))}`);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  await tf.setBackend('cpu');
  await fit(tinyModel(), tinySamples(), {
    method: distributedImportance({ workers: { count: 2, file } }),
    ...{ epochs: 2, batchSize: 16, engine: 'eager', seed: 1, verbose: 0 },
    onStep: async () => {
      await vi.waitUntil(() => warn.mock.calls.length > 0 || existsSync(runs), { timeout: 30_000 });
    },
  });
  const said = warn.mock.calls.map(([words]) => String(words));
  warn.mockRestore();
  return said.filter((words) => words.includes('worker'));
}

it('is said once where they end by an error', { timeout: 60_000 }, async () => {
  expect(await warnings('process.exit(3);')).toEqual([
    expect.stringMatching(
      /a worker of distributedImportance, .*worker\.mjs, has ended \(exit code 3\): training goes on/,
    ),
  ]);
});

it('is not said of those that are stopped with the run', { timeout: 60_000 }, async () => {
  expect(await warnings('writeFileSync(RUNS, ""); setInterval(() => {}, 1000);')).toEqual([]);
});
