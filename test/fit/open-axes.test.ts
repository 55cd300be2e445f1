import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitDatasetArgs } from '../../src/fit/options.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { pairLoss, tripletLoss } from '../../src/methods/mining/triplet-loss.ts';
import { registry } from '../../src/methods/registry.ts';
import { selectiveBackprop } from '../../src/methods/selection/selective-backprop.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { paddedSequences, recurrent, type Shape, sequenceStream, shapes } from '../support/sequences.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const engines = ['eager', 'compiled'] as const;
const sizeOf = (given: readonly Shape[]) => given.reduce((sum, [size]) => sum + size, 0);
const finite = (model: tf.LayersModel) => values(model).flat().every(Number.isFinite);

/** Reports of the steps of `fitDataset`. */
async function steps(model: tf.LayersModel, stream: ReturnType<typeof sequenceStream>, args: FitDatasetArgs) {
  const reports: StepReport[] = [];
  await fitDataset(model, stream, { verbose: 0, seed: 4, ...args, onStep: (report) => void reports.push(report) });
  return reports;
}

describe.each(engines)('a stream whose batches have other lengths, %s', (engine) => {
  it.each([false, true])('is trained on uniformly as in model.fitDataset; targets by step: %s', async (tags) => {
    const [one, two] = [recurrent(tags), recurrent(tags)];
    const data = () => sequenceStream(shapes, tags);
    const args = { epochs: 2, verbose: 0, validationData: data() } as const;
    const wanted = await one.fitDataset(data(), args);
    const got = await fitDataset(two, data(), { ...args, engine, method: uniform() });
    expect(Object.keys(got.history)).toEqual(Object.keys(wanted.history));
    for (const [name, column] of Object.entries(wanted.history)) {
      for (const [k, value] of column.entries()) expect(got.history[name][k]).toBeCloseTo(value as number, 5);
    }
    for (const [k, weight] of values(one).entries()) {
      for (const [i, value] of weight.entries()) expect(values(two)[k][i]).toBeCloseTo(value, 5);
    }
  });

  it.each([false, true])('gives presamples that end where the shape changes; targets by step: %s', async (tags) => {
    const reports = await steps(recurrent(tags), sequenceStream(shapes, tags), {
      ...{ engine, epochs: 2 },
      method: importance({ scores: 'fresh', start: 'always', presample: 3 }),
    });
    // At most three times the size of the batch that the first sample is of, of one length.
    const pools = [11, 10, 1, 4, 4];
    expect(reports.map(({ scores }) => scores!.length)).toEqual([...pools, ...pools]);
    expect(reports.map(({ size }) => size)).toEqual([4, 4, 1, 4, 4, 4, 4, 1, 4, 4]);
    // Every sample is in one pool, in its order: indices count on.
    let from = 0;
    for (const { indices, scores } of reports) {
      for (const index of indices) expect(Math.floor(index)).toBeGreaterThanOrEqual(from);
      from += scores!.length;
      for (const index of indices) expect(index).toBeLessThan(from);
    }
    expect(from).toBe(2 * sizeOf(shapes));
  });

  it('is trained on by the default method', async () => {
    const model = recurrent();
    const before = values(model);
    const reports = await steps(model, sequenceStream(), { engine, epochs: 4 });
    expect(reports.length).toBeGreaterThan(4);
    expect(finite(model)).toBe(true);
    expect(values(model)).not.toEqual(before);
  });
});

const usable = registry.filter(({ needs, embedding }) => needs === undefined || embedding !== undefined);
const lossOf = { tripletLoss: tripletLoss(), pairLoss: pairLoss() };
const modelFor = ({ embedding }: { embedding?: keyof typeof lossOf }) =>
  recurrent(false, embedding ? lossOf[embedding] : undefined);

describe('every method', () => {
  it.each(usable.filter(({ streams }) => streams).map((entry) => [entry.name, entry] as const))(
    'copes with fewer samples than it asked a stream for: %s',
    async (_, entry) => {
      const model = modelFor(entry);
      const reports = await steps(model, sequenceStream(), { engine: 'eager', epochs: 3, method: entry.make() });
      expect(reports.length).toBeGreaterThan(2);
      expect(finite(model)).toBe(true);
      const seen = new Set(reports.flatMap(({ indices }) => [...indices]));
      expect(Math.max(...seen)).toBeLessThan(3 * sizeOf(shapes));
    },
  );

  it.each(usable.map((entry) => [entry.name, entry] as const))(
    'copes with samples that are padded batch by batch: %s',
    async (_, entry) => {
      const model = modelFor(entry);
      const data = paddedSequences(48);
      const reports: StepReport[] = [];
      await fit(model, data, {
        ...{ engine: 'eager', verbose: 0, epochs: 3, batchSize: 6, seed: 2, method: entry.make() },
        onStep: (report) => void reports.push(report),
      });
      expect(reports.length).toBeGreaterThan(0);
      expect(finite(model)).toBe(true);
    },
  );
});

it('selectiveBackprop holds samples of another length back for the next batch', async () => {
  // All are chosen: nothing is lost, and no batch is of two lengths.
  const reports = await steps(recurrent(), sequenceStream(), {
    ...{ engine: 'eager', epochs: 1, method: selectiveBackprop({ beta: 0 }) },
  });
  const lengths = shapes.flatMap(([size, length]) => Array<number>(size).fill(length));
  for (const { indices } of reports) expect(new Set([...indices].map((i) => lengths[i])).size).toBe(1);
  const seen = reports.flatMap(({ indices }) => [...indices]);
  expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
});

it.each([{ presample: 1.5 }, { presample: 3, reuse: 3 }])(
  'a run on such a stream goes on from its checkpoint as if it had not been stopped: %o',
  async (options) => {
    const { mkdtemp, rm } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const folder = await mkdtemp(`${tmpdir()}/unequal-`);
    try {
      const path = `${folder}/run`;
      const args = { engine: 'eager', verbose: 0, seed: 3, epochs: 3 } as const;
      const method = () => importance({ scores: 'fresh', start: 'always', ...options });
      const whole = recurrent();
      const wanted = await fitDataset(whole, sequenceStream(), { ...args, method: method() });
      for (const every of [1, 3, 4, 7]) {
        const stop = new AbortController();
        const onStep = ({ step }: StepReport) => {
          if (step === every) stop.abort();
        };
        const part = { ...args, signal: stop.signal, onStep, checkpoint: { path, every: 100 } };
        await fitDataset(recurrent(), sequenceStream(), { ...part, method: method() });
        const rest = recurrent();
        const got = await fitDataset(rest, sequenceStream(), { ...args, method: method(), resume: path });
        expect(got.history.loss).toEqual(wanted.history.loss);
        expect(values(rest)).toEqual(values(whole));
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
