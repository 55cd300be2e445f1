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
