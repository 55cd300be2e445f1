import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

const { x, y, n } = digits();
const calls: unknown[] = [];

/** A callback that tells what it is told. */
function recording(name: string) {
  return class extends tf.Callback {
    constructor() {
      super();
      calls.push([name, 'made']);
    }
    override setParams(params: tf.Callback['params']) {
      super.setParams(params);
      calls.push([name, 'setParams', { ...params }]);
    }
    override async onTrainBegin() {
      calls.push([name, 'onTrainBegin']);
    }
    override async onEpochBegin(epoch: number) {
      calls.push([name, 'onEpochBegin', epoch]);
    }
    override async onBatchBegin(batch: number) {
      calls.push([name, 'onBatchBegin', batch]);
    }
    override async onBatchEnd(batch: number, logs?: tf.Logs) {
      calls.push([name, 'onBatchEnd', batch, Object.keys(logs!)]);
    }
    override async onEpochEnd(epoch: number, logs?: tf.Logs) {
      calls.push([name, 'onEpochEnd', epoch, Object.keys(logs!)]);
    }
    override async onTrainEnd() {
      calls.push([name, 'onTrainEnd']);
    }
  };
}

/** Halves the weights after every batch, which the next step has to see. */
class Halving extends tf.Callback {
  override async onBatchEnd() {
    const { model } = this as unknown as { model: tf.LayersModel };
    tf.tidy(() => model.setWeights(model.getWeights().map((weight) => tf.mul(weight, 0.5))));
  }
}

beforeAll(async () => {
  await tf.setBackend('cpu');
  // Not in the order of their levels.
  tf.registerCallbackConstructor(2, recording('of level 2'));
  tf.registerCallbackConstructor(0, recording('of level 0'));
  tf.registerCallbackConstructor(1, recording('of level 1'));
  tf.registerCallbackConstructor(1, recording('another of level 1'));
  tf.registerCallbackConstructor(3, Halving);
});
beforeEach(() => {
  calls.length = 0;
});
const log = vi.spyOn(console, 'log').mockImplementation(() => {});
afterAll(() => log.mockRestore());

const quiet = { engine: 'eager', method: uniform(), shuffle: false } as const;
const tensors = () => [tf.tensor(x.data, [n, 8]), tf.tensor(y.data, [n, 3])] as const;

it.each([0, 1, 2, undefined])('are called as in model.fit with verbose %s', async (verbose) => {
  const args = { epochs: 2, batchSize: 25, ...(verbose !== undefined && { verbose: verbose as 0 }) };
  const own = () => new (recording("the user's"))();
  await classifier().fit(...tensors(), { ...args, shuffle: false, callbacks: own() });
  const wanted = calls.splice(0);
  expect(wanted).toContainEqual(['of level 0', 'onEpochEnd', 1, ['loss', 'acc']]);
  expect(wanted.some((call) => (call as string[])[0] === 'of level 2')).toBe(verbose === 2);
  await fit(classifier(), x, y, { ...quiet, ...args, callbacks: own() });
  expect(calls).toEqual(wanted);
});

it('are called as in model.fitDataset', async () => {
  const stream = () => tf.data.array([0, 1, 2]).map(() => ({ xs: tensors()[0], ys: tensors()[1] }));
  await classifier().fitDataset(stream(), { epochs: 2, verbose: 1 });
  const wanted = calls.splice(0);
  const { shuffle, ...args } = quiet;
  await fitDataset(classifier(), stream(), { ...args, epochs: 2, verbose: 1 });
  expect(calls).toEqual(wanted);
});

it('may change the weights between the steps', async () => {
  const [one, two] = [classifier(), classifier()];
  const args = { epochs: 2, batchSize: 25, verbose: 3 as 2 };
  await one.fit(...tensors(), { ...args, shuffle: false });
  await fit(two, x, y, { ...quiet, ...args, engine: 'compiled' });
  for (const [k, weight] of values(one).entries()) {
    for (const [i, value] of weight.entries()) expect(values(two)[k][i]).toBeCloseTo(value, 5);
  }
});

it('say what is wrong where one cannot be made', async () => {
  class Broken extends tf.Callback {
    constructor() {
      super();
      throw new Error('no printer');
    }
  }
  tf.registerCallbackConstructor(4, Broken);
  await expect(fit(classifier(), x, y, { ...quiet, verbose: 4 as 2 })).rejects.toThrow('no printer');
});

it('leave the class that is looked at as it was', () => {
  const list = new tf.CallbackList([]);
  expect(() => list.setParams({})).not.toThrow();
});
