/** Callbacks that set the learning rate beside a schedule. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { ReduceLROnPlateau } from '../../src/fit/reduce-lr-on-plateau.ts';
import { learningRateOf } from '../../src/learner/optimizer.ts';
import { decayed } from '../../src/methods/decayed.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

const { x, y } = digits();
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
});
afterAll(() => rm(folder, { recursive: true }));

const [epochs, steps] = [6, 6];
const plain = { method: uniform(), batchSize: 10, epochs, seed: 1, verbose: 0 } as const;
const falling = (progress: number) => 1 - 0.9 * progress;
/** Its factor at a step. */
const factor = (step: number) => falling(step / (epochs * steps));

const momentum = () => tf.train.momentum(0.4, 0.5);
const adam = () => tf.train.adam(0.4);

/** A run with the rates that its steps used. */
async function trained(optimizer: tf.Optimizer, args: FitArgs) {
  const model = classifier(optimizer);
  const rates: number[] = [];
  const onStep: FitArgs['onStep'] = ({ learningRate }) => void rates.push(learningRate);
  const running = fit(model, x, y, { ...plain, onStep, ...args });
  const ended = await running.then(
    () => true,
    () => false,
  );
  return { rates, ended, weights: values(model) };
}

const close = (got: readonly number[], want: (step: number, epoch: number) => number) => {
  expect(got).toHaveLength(epochs * steps);
  for (const [k, rate] of got.entries()) expect(rate).toBeCloseTo(want(k, Math.floor(k / steps)), 8);
};

describe.each(['eager', 'compiled'] as const)('%s', (engine) => {
  const schedules = {
    'of the run': { schedule: falling },
    'of the method': { method: decayed(uniform(), falling) },
  };

  it.each(Object.entries(schedules))(
    'ReduceLROnPlateau lowers the rate that a schedule %s multiplies',
    async (_, own) => {
      for (const optimizer of [momentum, adam]) {
        // Nothing improves after the first epoch.
        const callbacks = new ReduceLROnPlateau({ monitor: 'loss', minDelta: 1e6, patience: 1, factor: 0.5 });
        const { rates } = await trained(optimizer(), { engine, callbacks, ...own });
        close(rates, (step, epoch) => 0.4 * 0.5 ** Math.max(0, epoch - 1) * factor(step));
      }
    },
  );

  it('a rate that a callback sets is what its schedule goes on from', async () => {
    for (const [optimizer, set] of [
      [momentum(), (one: tf.Optimizer) => (one as tf.MomentumOptimizer).setLearningRate(0.01)],
      [adam(), (one: tf.Optimizer) => Object.assign(one, { learningRate: 0.01 })],
    ] as const) {
      const callbacks = { onEpochEnd: async (epoch: number) => void (epoch === 2 && set(optimizer)) };
      const { rates } = await trained(optimizer, { engine, callbacks, schedule: falling });
      const before = 3 * steps;
      close(rates, (step) => (step < before ? 0.4 * factor(step) : (0.01 / factor(before - 1)) * factor(step)));
    }
  });

  it('goes on from a checkpoint, to the last bit', async () => {
    const plateau = () => new ReduceLROnPlateau({ monitor: 'loss', minDelta: 1e6, patience: 1, factor: 0.5 });
    const more = { engine, schedule: falling } as const;
    const whole = await trained(momentum(), { ...more, callbacks: plateau() });
    // In an epoch, and where the epoch's last step is done and its end is not told of yet, and after that.
    for (const [at, every] of [
      [3 * steps - 2, 1],
      [3 * steps, 1],
      [3 * steps, undefined],
    ] as const) {
      const path = join(folder, `${engine} ${at} ${every}`);
      let done = 0;
      const breaks = {
        onBatchEnd: async () => {
          if (done++ === at) throw new Error('broken off');
        },
        onEpochEnd: async () => {
          if (every && done === at) throw new Error('broken off');
        },
      };
      const broken = await trained(momentum(), {
        ...{ ...more, callbacks: [breaks, plateau()], checkpoint: { path, every } },
      });
      expect(broken.ended).toBe(false);
      const resumed = await trained(momentum(), { ...more, callbacks: [{}, plateau()], resume: path });
      expect(resumed.rates).toEqual(whole.rates.slice(at));
      expect(resumed.weights).toEqual(whole.weights);
    }
  });
});

it('a factor of 0 takes no rate away that a callback sets', async () => {
  const optimizer = momentum();
  const used: number[] = [];
  await fit(classifier(optimizer), x, y, {
    ...{ ...plain, engine: 'eager', schedule: (progress) => (progress < 0.5 ? 0 : 1) },
    callbacks: { onEpochEnd: async (epoch) => void (epoch === 1 && optimizer.setLearningRate(0.1)) },
    onStep: () => void used.push(learningRateOf(optimizer)),
  });
  expect(used.slice(0, 3 * steps).every((rate) => rate === 0)).toBe(true);
  expect(used.slice(3 * steps)).toEqual(new Array(3 * steps).fill(0.1));
});

describe.each([momentum, adam])('after a run %# with a schedule', (optimizer) => {
  const rateAfter = async (args: FitArgs, failing = false) => {
    const one = optimizer();
    const { ended } = await trained(one, { engine: 'eager', schedule: falling, ...args });
    expect(ended).toBe(!failing);
    return learningRateOf(one);
  };

  it('the optimizer has the rate that the schedule multiplied, and the next run trains with it', async () => {
    expect(await rateAfter({})).toBe(0.4);
    const decaying = decayed(uniform(), falling);
    expect(await rateAfter({ schedule: undefined, method: decaying })).toBe(0.4);
    const model = classifier(optimizer());
    for (let call = 0; call < 3; call++) {
      const used: number[] = [];
      const onStep: FitArgs['onStep'] = ({ learningRate }) => void used.push(learningRate);
      const { setup } = await fit(model, x, y, { ...plain, engine: 'eager', schedule: falling, onStep });
      close(used, (step) => 0.4 * factor(step));
      expect(setup?.learningRate).toBe(0.4);
    }
  });

  it('it has that where the run fails, is aborted, or stops', async () => {
    const fails = () => {
      throw new Error('broken off');
    };
    expect(await rateAfter({ callbacks: { onEpochEnd: fails } }, true)).toBe(0.4);
    const stop = new AbortController();
    expect(await rateAfter({ signal: stop.signal, onStep: ({ step }) => void (step === 9 && stop.abort()) })).toBe(0.4);
    const stopping = new (class extends tf.Callback {
      override async onBatchEnd(batch: number) {
        if (batch === 3) (this as unknown as { model: { stopTraining: boolean } }).model.stopTraining = true;
      }
    })();
    expect(await rateAfter({ callbacks: stopping })).toBe(0.4);
  });

  it('what a callback has set stays', async () => {
    const one = optimizer();
    const set = (rate: number) =>
      'setLearningRate' in one
        ? (one as tf.SGDOptimizer).setLearningRate(rate)
        : Object.assign(one, { learningRate: rate });
    const last = { onEpochEnd: async (epoch: number) => void (epoch === epochs - 1 && set(0.25)) };
    await trained(one, { engine: 'eager', schedule: falling, callbacks: last });
    expect(learningRateOf(one)).toBeCloseTo(0.25, 7);
    await trained(one, { engine: 'eager', schedule: falling, callbacks: { onTrainEnd: async () => void set(0.125) } });
    expect(learningRateOf(one)).toBeCloseTo(0.125, 7);
    const plateau = new ReduceLROnPlateau({ monitor: 'loss', minDelta: 1e6, patience: 2, cooldown: 9, factor: 0.5 });
    expect(await rateAfter({ callbacks: plateau })).toBeCloseTo(0.2, 7);
  });

  it('a run that is resumed without it goes on with the rate that it multiplied', async () => {
    const path = join(folder, `${optimizer.name} without`);
    await rateAfter({ epochs: 3, checkpoint: { path } });
    const { rates } = await trained(optimizer(), { engine: 'eager', resume: path });
    expect(rates).toHaveLength(3 * steps);
    for (const rate of rates) expect(rate).toBeCloseTo(0.4, 7);
  });
});
