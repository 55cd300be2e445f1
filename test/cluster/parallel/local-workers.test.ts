import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { dataParallel } from '../../../src/cluster/index.ts';
import { fit } from '../../../src/fit/fit.ts';
import { temporaryFolder } from '../../data/temporary.ts';
import { tinyModel, tinySamples } from '../small.ts';

const folder = temporaryFolder();
beforeAll(() => tf.setBackend('cpu'));

it.each([
  ['process.exit(3)', /a worker has ended before it joined the run: got exit code 3/],
  ["process.kill(process.pid, 'SIGKILL')", /got SIGKILL, expected 1 that join/],
  ['', /got exit code 0/],
])('a worker whose program is %j is not waited for', { timeout: 60_000 }, async (program, message) => {
  const file = join(folder, 'worker.mjs');
  writeFileSync(file, program);
  // An hour is more than a test has.
  const cluster = dataParallel({ patience: 3_600, workers: { count: 1, file } });
  await expect(fit(tinyModel(), tinySamples(), { engine: 'eager', verbose: 0, cluster })).rejects.toThrow(message);
});
