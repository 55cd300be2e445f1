import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import type { FitDatasetArgs } from '../../src/fit/options.ts';
import type { StepReport } from '../../src/fit/report.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const { x, y, n } = digits();
const quiet = { engine: 'eager', verbose: 0, method: uniform() } as const;

/** Batches of `size`, the last one smaller; or of these sizes. */
function stream(size: number | readonly number[], samples = n) {
  return tf.data.generator(function* () {
    let to = 0;
    for (let k = 0; to < samples; k++) {
      const from = to;
      to = Math.min(samples, from + (typeof size === 'number' ? size : (size[k] ?? samples)));
      yield {
        xs: tf.tensor(x.data.subarray(from * 8, to * 8), [to - from, 8]),
        ys: tf.tensor(y.data.subarray(from * 3, to * 3), [to - from, 3]),
      };
    }
  });
}

type Logs = Record<string, number>;

async function both(make: Make, size: number | readonly number[] = 16) {
  const [theirs, ours]: unknown[][] = [[], []];
  const [one, two] = [classifier(), classifier()];
  const wanted = await one.fitDataset(stream(size), { verbose: 0, ...make(theirs) } as never);
  const got = await fitDataset(two, stream(size), { ...quiet, ...(make(ours) as FitDatasetArgs) });
  expect(ours).toEqual(theirs);
  expect(got.epoch).toEqual(wanted.epoch);
  expect(Object.keys(got.history)).toEqual(Object.keys(wanted.history));
  for (const [name, column] of Object.entries(wanted.history)) {
    for (const [k, value] of (column as number[]).entries()) expect(got.history[name][k]).toBeCloseTo(value, 5);
  }
  for (const [k, weight] of values(one).entries()) {
    for (const [i, value] of weight.entries()) expect(values(two)[k][i]).toBeCloseTo(value, 5);
  }
  return got;
}

type Make = (calls: unknown[]) => Omit<tf.ModelFitDatasetArgs<never>, 'epochs'> & { epochs: number };

const parameters = (calls: unknown[]) => {
  class Parameters extends tf.Callback {
    override async onTrainBegin() {
      calls.push({ ...this.params });
    }
  }
  return { epochs: 2, callbacks: [new Parameters()] };
};

/** Asks to stop after this batch of the second epoch. */
const stopping = (last: number, calls: unknown[]) => {
  class Stopping extends tf.Callback {
    epoch = 0;
    override async onEpochBegin(epoch: number) {
      this.epoch = epoch;
    }
    override async onBatchEnd(batch: number) {
      if (this.epoch !== 1 || batch !== last) return;
      (this as unknown as { model: tf.LayersModel }).model.stopTraining = true;
    }
    override async onEpochEnd(epoch: number, logs?: tf.Logs) {
      calls.push(['epochEnd', epoch, Object.keys(logs!)]);
    }
  }
  return { epochs: 4, callbacks: [new Stopping()] };
};

describe('uniform() on a stream is model.fitDataset', () => {
  const validationData = () => [tf.tensor(x.data, [n, 8]), tf.tensor(y.data, [n, 3])] as [tf.Tensor, tf.Tensor];

  it.each<[string, Make]>([
    ['over whole passes', () => ({ epochs: 3 })],
    ['with classWeight', () => ({ epochs: 2, classWeight: { 0: 1, 1: 2, 2: 3 } })],
    ['with batchesPerEpoch, a pass over several epochs', () => ({ epochs: 2, batchesPerEpoch: 2 })],
    ['with validationData', () => ({ epochs: 2, validationData: validationData() as never, validationBatchSize: 25 })],
    ['with a validation stream', () => ({ epochs: 2, validationData: stream(20) as never })],
    [
      'with a part of a validation stream',
      () => ({ epochs: 2, validationData: stream(20) as never, validationBatches: 2 }),
    ],
    ['with all epochs done', () => ({ epochs: 3, initialEpoch: 5 })],
    ['from a later epoch', () => ({ epochs: 3, initialEpoch: 1 })],
    [
      'and calls callbacks alike',
      (calls) => ({
        epochs: 2,
        callbacks: {
          onTrainBegin: async (logs?: tf.Logs) => void calls.push(['trainBegin', logs]),
          onTrainEnd: async (logs?: tf.Logs) => void calls.push(['trainEnd', logs]),
          onEpochBegin: async (epoch: number, logs?: tf.Logs) => void calls.push(['epochBegin', epoch, logs]),
          onBatchBegin: async (batch: number, logs?: tf.Logs) => void calls.push(['batchBegin', batch, { ...logs }]),
          onBatchEnd: async (batch: number, logs?: tf.Logs) =>
            void calls.push(['batchEnd', batch, Object.keys(logs as Logs), (logs as Logs).size]),
          onEpochEnd: async (epoch: number, logs?: tf.Logs) => void calls.push(['epochEnd', epoch, Object.keys(logs!)]),
        },
      }),
    ],
    ['with the parameters of the run', parameters],
    ['with them, of batchesPerEpoch', (calls) => ({ ...parameters(calls), batchesPerEpoch: 2 })],
    ...[0, 1, 3].map((last): [string, Make] => [
      `stopped after batch ${last}`,
      (calls) => ({ ...stopping(last, calls), validationData: stream(20) as never }),
    ]),
    [
      'stopped after the last of batchesPerEpoch',
      (calls) => ({ ...stopping(1, calls), validationData: stream(20) as never, batchesPerEpoch: 2 }),
    ],
  ])('%s', async (_, make) => {
    await both(make);
  });

  it('in batches of changing sizes', async () => {
    await both(
      (calls) => ({
        epochs: 2,
        callbacks: { onBatchEnd: async (_, logs) => void calls.push((logs as Logs).size) },
      }),
      [6, 3, 10, 2, 20],
    );
  });

  it('whose data set knows how many batches it has', async () => {
    const seen: unknown[] = [];
    const rows = Array.from({ length: 10 }, (_, i) => ({
      xs: x.data.slice(i * 8, i * 8 + 8),
      ys: y.data.slice(i * 3, i * 3 + 3),
    }));
    const callbacks = () => parameters(seen).callbacks;
    await classifier().fitDataset(tf.data.array(rows).batch(4), { epochs: 1, verbose: 0, callbacks: callbacks() });
    await fitDataset(classifier(), tf.data.array(rows).batch(4), { ...quiet, callbacks: callbacks() });
    expect(seen).toEqual([expect.objectContaining({ steps: 3 }), seen[0]]);
  });

  it.each([4, 3, 2])('that ends too early with batchesPerEpoch %i, its warnings as well', async (batchesPerEpoch) => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const counts: number[] = [];
      await both((calls) => {
        counts.push(warned.mock.calls.length);
        return {
          ...{ epochs: 3, batchesPerEpoch, validationData: stream(20) as never },
          callbacks: {
            onEpochBegin: async (epoch: number) => void calls.push(['epochBegin', epoch]),
            onEpochEnd: async (epoch: number, logs?: tf.Logs) =>
              void calls.push(['epochEnd', epoch, Object.keys(logs!)]),
          },
        };
      }, 20);
      const theirs = counts[1] - counts[0];
      expect(theirs).toBeGreaterThan(0);
      expect(warned.mock.calls.length - counts[1]).toBe(theirs);
      expect(warned.mock.lastCall![0]).toMatch(/ran out of data after 0 batches/);
    } finally {
      warned.mockRestore();
    }
  });

  it('refuses validationSplit and says what to do', async () => {
    const training = fitDataset(classifier(), stream(16), { ...quiet, validationSplit: 0.2 } as never);
    await expect(training).rejects.toThrow(UnequalError);
    await expect(training).rejects.toThrow(/validationSplit on a stream.* expected validationData.*dataset\.skip/);
  });
});

describe('a stream', () => {
  it('gives its next B samples as the presample', async () => {
    const reports: StepReport[] = [];
    await fitDataset(classifier(), stream(4, 48), {
      ...{ ...quiet, method: importance({ start: 'always', presample: 3 }), epochs: 2, seed: 1 },
      onStep: (report) => {
        reports.push(report);
      },
    });
    // 48 samples, 12 a step.
    expect(reports.map(({ epoch, batch }) => [epoch, batch])).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7].map((k) => [k >> 2, k % 4]),
    );
    for (const [k, { indices, scores, size }] of reports.entries()) {
      expect([scores!.length, size]).toEqual([12, 4]);
      // Running numbers, of the twelve samples that came.
      for (const index of indices) expect(Math.floor(index / 12)).toBe(k);
    }
  });

  it('that ends before its epochs do ends the run', async () => {
    const epochs: number[] = [];
    const history = await fitDataset(classifier(), stream(16), {
      ...{ ...quiet, batchesPerEpoch: 3, seconds: 1e9, now: () => 0 },
      onStep: ({ epoch }) => void epochs.push(epoch),
    });
    // Four batches in all.
    expect(epochs).toEqual([0, 0, 0, 1]);
    expect(history.history.loss.length).toBe(2);
  });

  it('that presamples use up before its epochs end is said to be, and what it trained is validated', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const logs: string[][] = [];
      // 12 batches, as many as model.fitDataset asks for: four steps with presamples of three, in the first two epochs.
      await fitDataset(classifier(), stream(5), {
        ...{ ...quiet, method: importance({ start: 'always', presample: 3 }), epochs: 4, batchesPerEpoch: 3 },
        validationData: stream(20),
        callbacks: { onEpochEnd: async (_, epoch) => void logs.push(Object.keys(epoch!).sort()) },
      });
      const all = ['acc', 'loss', 'val_acc', 'val_loss'];
      expect(logs).toEqual([all, all, [], []]);
      const said = warned.mock.calls.map(([text]) => text as string).filter((text) => text.includes('ran out of data'));
      expect(said.length).toBe(3);
      expect(said[0]).toMatch(/takes up to 3 batches for a step here, so that 3 times as many may be needed/);
    } finally {
      warned.mockRestore();
    }
  });

  it('leaves no tensors behind', async () => {
    const model = classifier();
    await fitDataset(model, stream(16), quiet);
    const before = tf.memory().numTensors;
    await fitDataset(model, stream(16), { ...quiet, epochs: 2, validationData: stream(16) });
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /not a stream/],
    ['an array', [1, 2], /not a stream/],
    ['a stream without samples', stream(4, 0), /no samples: got an empty stream/],
    ['a stream of other things', tf.data.array([{ a: 1 }]), /without xs or ys: got \{ a \}, expected \{ xs, ys \}/],
    [
      'a stream with a NaN',
      tf.data.array([{ xs: [1, 2, 3, 4, Number.NaN, 6, 7, 8], ys: [1, 0, 0] }]).batch(1),
      /the input .* is not finite: got NaN or infinity in the samples 0/,
    ],
  ])('cannot be %s', async (_, dataset, message) => {
    const model = classifier();
    const before = values(model);
    const training = fitDataset(model, dataset as ReturnType<typeof stream>, quiet);
    await expect(training).rejects.toThrow(UnequalError);
    await expect(training).rejects.toThrow(message);
    expect(values(model)).toEqual(before);
  });
});

describe("learningRate: 'gain' on a stream counts equivalent epochs", () => {
  const method = () => importance({ start: 'always', scores: 'fresh', presample: 3, learningRate: 'gain' });
  const [b, rate] = [10, 0.3];

  async function trained(data: tf.data.Dataset<tf.TensorContainer>, args: FitDatasetArgs) {
    const reports: StepReport[] = [];
    const progress: number[] = [];
    await fitDataset(classifier(tf.train.sgd(rate)), data, {
      ...{ ...quiet, ...args, method: method(), seed: 1 },
      schedule: (share) => {
        progress.push(share);
        return 1;
      },
      onStep: (report) => void reports.push(report),
    });
    const gained = reports.map(({ size, learningRate }) => size * (learningRate / rate - 1));
    return { reports, progress, before: gained.map((_, k) => gained.slice(0, k).reduce((sum, one) => sum + one, 0)) };
  }

  it('of batchesPerEpoch', async () => {
    const [epochs, batchesPerEpoch] = [8, 6];
    const whole = epochs * batchesPerEpoch * b;
    const { reports, progress, before } = await trained(stream(b).repeat(), { epochs, batchesPerEpoch });
    expect(before.at(-1)).toBeGreaterThan(b);
    for (const k of reports.keys()) expect(progress[k]).toBeCloseTo(Math.min(1, (k * b + before[k]) / whole), 5);
    expect(reports.length).toBeLessThan(epochs * batchesPerEpoch);
  });

  it('of whole passes, once it is known how long one is', async () => {
    const epochs = 40;
    const { reports, progress, before } = await trained(stream(b), { epochs });
    expect(before.at(-1)).toBeGreaterThan(n);
    for (const [k, { epoch, batch }] of reports.entries()) {
      // A pass is 20 of the 60 samples trained on, in two steps, and nothing is known of it before the first has ended.
      expect(progress[k]).toBeCloseTo(Math.min(1, (epoch + (epoch === 0 ? 0 : batch / 2 + before[k] / n)) / epochs), 5);
    }
    expect(reports.length).toBeLessThan(2 * epochs);
  });
});
