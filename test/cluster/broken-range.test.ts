/** A worker takes several ranges at once: one that it cannot score must not cost the others theirs. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { distributed } from '../../src/cluster/distributed-importance.ts';
import { MemoryStore } from '../../src/cluster/memory-store.ts';
import { ScoringWorker } from '../../src/cluster/scoring-worker.ts';
import { fit } from '../../src/fit/fit.ts';
import { tinyModel, tinySamples } from './small.ts';

beforeAll(() => tf.setBackend('cpu'));

it('a range that cannot be scored costs no other range its scores, and is told', { timeout: 60_000 }, async () => {
  const store = new MemoryStore();
  const samples = tinySamples();
  const given: number[] = [];
  const failures: string[] = [];
  const broken = {
    ...samples,
    batch: (indices: ArrayLike<number>) => {
      // Not yet while the worker compares its data with those of the master.
      if (given.length > 0 && Array.from(indices).includes(200)) throw new Error('sample 200 is broken');
      return samples.batch(indices);
    },
  };
  const onRange = ({ range }: { range: number }) => void given.push(range);
  const worker = new ScoringWorker(store, tinyModel(), broken, { engine: 'eager', onRange });
  const method = distributed({ range: 64, publishEvery: 1_000_000 }, async () => ({ store, close: async () => {} }));
  await fit(tinyModel(), samples, {
    ...{ method, epochs: 1, batchSize: 16, engine: 'eager', seed: 1, verbose: 0 },
    onStep: async () => {
      await new Promise((resolve) => setTimeout(resolve, 26));
      await worker.turn().catch((error: Error) => failures.push(error.message));
    },
  });
  expect(given.sort()).toEqual([0, 1, 2, 4, 5, 6]);
  expect(failures.length).toBe(1);
  expect(failures[0]).toMatch(/sample 200 is broken/);
});
