import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import type { StepReport } from '../../src/fit/report.ts';
import type { Schedule } from '../../src/methods/method.ts';
import { cosineDecay, stepDecay, warmUp } from '../../src/methods/schedule.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const { x, y, n } = digits();
const quiet = { engine: 'eager', verbose: 0, method: uniform() } as const;

describe('a budget of seconds', () => {
  /** A clock that moves by `step` seconds each time it is read. */
  const ticking = (step: number) => {
    let now = 0;
    return () => {
      now += step;
      return now;
    };
  };

  it('ends the run, in the middle of an epoch, with a validation', async () => {
    const reports: StepReport[] = [];
    const history = await fit(classifier(), x, y, {
      ...{ ...quiet, seconds: 1, batchSize: 8, seed: 1, now: ticking(0.01), validationSplit: 0.2 },
      onStep: (report) => {
        reports.push(report);
      },
    });
    const last = reports.at(-1)!;
    // The clock is read a few times more before the next step would start.
    expect(last.seconds).toBeGreaterThan(0.95);
    expect(last.seconds).toBeLessThan(1.05);
    // 48 training samples of 60 in batches of 8.
    expect(history.epoch.length).toBe(Math.ceil(reports.length / 6));
    expect(history.history.val_loss.length).toBe(history.epoch.length);
    for (const [k, { step, epoch, batch }] of reports.entries()) expect([step, epoch * 6 + batch]).toEqual([k, k]);
  });

  it('is used up to its end in the record, also where the last step was told before it', async () => {
    for (let seconds = 0.1; seconds < 0.2; seconds += 0.01) {
      const args = { ...quiet, seconds, batchSize: 8, seed: 1, now: ticking(0.01) };
      const { course } = await fit(classifier(), x, y, args);
      expect(course!.seconds).toBeGreaterThanOrEqual(seconds);
      expect(course!.points.at(-1)!.seconds).toBe(course!.seconds);
    }
  });

  it('or epochs do, whichever comes first', async () => {
    const args = { ...quiet, batchSize: 8, seed: 1 };
    const few = await fit(classifier(), x, y, { ...args, seconds: 1e6, epochs: 2, now: ticking(0.01) });
    expect(few.epoch).toEqual([0, 1]);
    const short = await fit(classifier(), x, y, { ...args, seconds: 0.5, epochs: 1000, now: ticking(0.01) });
    expect(short.epoch.length).toBeLessThan(20);
  });

  it('does not count callbacks and evaluation', async () => {
    let now = 0;
    let steps = 0;
    const samples = {
      length: n,
      batch: (indices: ArrayLike<number>) => {
        now += 0.1;
        return {
          xs: tf.gather(tf.tensor(x.data, [n, 8]), Array.from(indices)),
          ys: tf.gather(tf.tensor(y.data, [n, 3]), Array.from(indices)),
        };
      },
    };
    await fit(classifier(), samples, {
      ...{ ...quiet, seconds: 0.95, batchSize: 10, now: () => now, validationData: samples },
      callbacks: {
        onBatchEnd: async () => {
          now += 100;
          steps++;
        },
      },
    });
    expect(steps).toBe(10);
  });

  it('drives the schedule', async () => {
    const rates: number[] = [];
    await fit(classifier(tf.train.sgd(0.4)), x, y, {
      ...{ ...quiet, seconds: 1, batchSize: 8, now: ticking(0.01), schedule: (progress) => 1 - progress },
      onStep: ({ learningRate }) => {
        rates.push(learningRate);
      },
    });
    expect(rates[0]).toBeCloseTo(0.4, 1);
    expect(rates.at(-1)).toBeLessThan(0.1);
    for (let k = 1; k < rates.length; k++) expect(rates[k]).toBeLessThan(rates[k - 1]);
  });
});

describe('a schedule steps at the step that is its share of the run', () => {
  it.each([
    // Tenths of the run, whose place in it has no exact number.
    [6, 5, 4],
    [3, 10, 8],
    [7, 5, 2],
    [12, 5, 1],
    [5, 4, 3],
  ])('%i epochs of %i steps, %i tenths', async (epochs, steps, tenths) => {
    const [xs, ys] = [tf.zeros([steps, 8]), tf.ones([steps, 3])];
    const after = (epochs * steps * tenths) / 10;
    const first = async (schedule: Schedule) => {
      const rates: number[] = [];
      await fit(classifier(tf.train.sgd(1)), xs, ys, {
        ...{ ...quiet, epochs, batchSize: 1, schedule },
        onStep: ({ learningRate }) => void rates.push(learningRate),
      });
      return rates.indexOf(0.5);
    };
    expect(await first(stepDecay([tenths / 10], 2))).toBe(after);
    expect(await first((progress) => (progress < tenths / 10 ? 1 : 0.5))).toBe(after);
  });

  it('also after a warm-up', () => {
    // Half of what is left after a fifth is at three fifths.
    const schedule = warmUp(0.2, stepDecay([0.5], 2));
    expect([11 / 20, 12 / 20].map(schedule)).toEqual([1, 0.5]);
  });
});

describe('a schedule that gives no factor is named before the step', () => {
  it.each<[string, unknown, RegExp]>([
    ['not called', cosineDecay, /^bad schedule: got a function at 0, expected .* factor ≥ 0, call it: cosineDecay\(\)/],
    ['NaN', () => Number.NaN, /^bad schedule: got NaN at 0/],
    ['text', () => '0.5', /^bad schedule: got '0.5' at 0/],
    ['nothing', () => {}, /^bad schedule: got undefined at 0/],
    ['negative, later', (share: number) => (share < 0.5 ? 1 : -1), /^bad schedule: got -1 at 0.5/],
  ])('%s', async (_, schedule, message) => {
    await expect(
      fit(classifier(), x, y, { ...quiet, epochs: 2, batchSize: 8, schedule: schedule as never }),
    ).rejects.toThrow(message);
  });

  it('that of a method too', async () => {
    const method = { ...uniform(), schedule: () => -1 };
    await expect(fit(classifier(), x, y, { ...quiet, epochs: 1, method })).rejects.toThrow(
      /^bad schedule of the method uniform: got -1 at 0/,
    );
  });
});

describe('a run can be stopped', () => {
  it('by a signal between two steps', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const ended: string[] = [];
    await fit(classifier(), x, y, {
      ...{ ...quiet, epochs: 5, batchSize: 8, signal: controller.signal },
      onStep: ({ step }) => {
        steps.push(step);
        if (step === 9) controller.abort();
      },
      callbacks: { onEpochEnd: () => void ended.push('epoch'), onTrainEnd: () => void ended.push('train') },
    });
    expect(steps.length).toBe(10);
    expect(ended).toEqual(['epoch', 'epoch', 'train']);
  });

  it('before it starts', async () => {
    const model = classifier();
    const before = values(model);
    const history = await fit(model, x, y, { ...quiet, signal: AbortSignal.abort() });
    expect(history.epoch).toEqual([]);
    expect(values(model)).toEqual(before);
  });

  it('and the model trained again', async () => {
    const model = classifier();
    const first = fit(model, x, y, { ...quiet, epochs: 3 });
    await expect(fit(model, x, y, quiet)).rejects.toThrow('the model is being trained already');
    await first;
    await fit(model, x, y, quiet);
  });
});
