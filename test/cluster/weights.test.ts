/** A worker scores the losses that its master trains on, weighted as they are, or it is refused. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { distributed } from '../../src/cluster/distributed-importance.ts';
import { MemoryStore } from '../../src/cluster/memory-store.ts';
import { ScoringWorker, type ScoringWorkerOptions } from '../../src/cluster/scoring-worker.ts';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { tinyModel, tinySamples } from './small.ts';

beforeAll(() => tf.setBackend('cpu'));

async function train(master: FitArgs, own: ScoringWorkerOptions, start: number | 'measured' = 1.001, epochs = 4) {
  const store = new MemoryStore();
  const worker = new ScoringWorker(store, tinyModel(), tinySamples(), { engine: 'eager', ...own });
  const phases: string[] = [];
  const switches: string[] = [];
  let trouble: unknown;
  const method = distributed({ range: 64, publishEvery: 2, start, enough: 0.3 }, async () => ({
    store,
    close: async () => {},
  }));
  await fit(tinyModel(), tinySamples(), {
    ...{ method, epochs, batchSize: 16, engine: 'eager', seed: 1, verbose: 0 },
    ...master,
    onStep: async ({ phase, switched }) => {
      phases.push(phase);
      if (switched) switches.push(switched.why);
      await new Promise((resolve) => setTimeout(resolve, 26));
      for (let k = 0; k < 3 && trouble === undefined; k++) await worker.turn().catch((error) => (trouble = error));
    },
  });
  return { phases, switches, trouble: trouble as { cause: Error } | undefined };
}

const classWeight = { 0: 1, 1: 5, 2: 0.2 };
const sampleWeight = Float32Array.from({ length: 400 }, (_, k) => 1 + (k % 5));

describe('weights of classes and samples', { timeout: 60_000 }, () => {
  it.each([{ classWeight }, { sampleWeight }, { classWeight, sampleWeight }])(
    '%# are the worker’s too',
    async (both) => {
      const { phases, trouble } = await train(both, both);
      expect(trouble).toBeUndefined();
      expect(phases.at(-1)).toBe('importance');
    },
  );

  it.each<[FitArgs, ScoringWorkerOptions]>([
    [{ classWeight }, {}],
    [{}, { classWeight }],
    [{ classWeight }, { classWeight: { ...classWeight, 1: 4 } }],
    [{ sampleWeight }, { sampleWeight: sampleWeight.map((w) => 2 * w) }],
  ])('a worker with others is refused: %#', async (master, own) => {
    const { phases, trouble } = await train(master, own, 1.001, 1);
    expect(trouble!.cause.message).toMatch(/this worker has another weight for its samples/);
    expect(phases.every((phase) => phase === 'uniform')).toBe(true);
  });
});

describe('start', { timeout: 60_000 }, () => {
  it('measured: the project’s own decision, in its own words', async () => {
    const { phases, switches } = await train({}, {}, 'measured', 12);
    expect(phases[0]).toBe('uniform');
    expect(switches.length).toBeGreaterThan(0);
    expect(switches[0]).toMatch(/less noisy|memorising|scores are fresh/);
  });
});
