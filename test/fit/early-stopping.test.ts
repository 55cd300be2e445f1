import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { decode, encode } from '../../src/fit/checkpoint.ts';
import { EarlyStopping, type EarlyStoppingArgs, earlyStopping } from '../../src/fit/early-stopping.ts';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => {
  vi.restoreAllMocks();
});

const { x, y, n } = digits();
const args = { epochs: 30, batchSize: 10, validationSplit: 0.3, shuffle: false, verbose: 0 } as const;

/** Weights after each epoch. */
class Weights extends tf.Callback {
  readonly all: number[][][] = [];
  override async onEpochEnd() {
    this.all.push(values((this as unknown as { model: tf.LayersModel }).model));
  }
}

type Train = (model: tf.LayersModel, callbacks: tf.Callback[], epochs?: number) => Promise<tf.History>;
const trainers: [string, Train][] = [
  ['fit, eager', (model, callbacks, epochs = 30) => fit(model, x, y, { ...args, ...eager, epochs, callbacks })],
  ['fit, compiled', (model, callbacks, epochs = 30) => fit(model, x, y, { ...args, ...compiled, epochs, callbacks })],
  ['model.fit', withModelFit],
];
const eager = { engine: 'eager', method: uniform() } as const;
const compiled = { engine: 'compiled', method: uniform() } as const;

async function withModelFit(model: tf.LayersModel, callbacks: tf.Callback[], epochs = 30) {
  const tensors = [tf.tensor(x.data, [n, 8]), tf.tensor(y.data, [n, 3])];
  try {
    return await model.fit(tensors[0], tensors[1], { ...args, epochs, callbacks });
  } finally {
    tf.dispose(tensors);
  }
}

/** The first epoch with the best value, where an improvement is more than `minDelta`. */
function bestOf(column: readonly number[], better: (a: number, b: number) => boolean): number {
  let best = 0;
  for (const [epoch, value] of column.entries()) if (better(value, column[best])) best = epoch;
  return best;
}

it('explain says what the model is left with, after epochs that are counted from another', async () => {
  const model = classifier(tf.train.sgd(2));
  const callbacks = earlyStopping({ patience: 3, restoreBestWeights: true });
  const validationData = [tf.tensor2d(x.data as Float32Array, [n, 8]), tf.tensor2d(y.data as Float32Array, [n, 3])];
  const history = await fit(model, x, y, {
    ...{ ...args, validationSplit: undefined, validationData: validationData as [tf.Tensor, tf.Tensor] },
    ...{ initialEpoch: 5, seed: 1, callbacks },
  });
  const best = history.restored!;
  expect(best).toBeGreaterThanOrEqual(5);
  expect(best).toBeLessThan(history.epoch.at(-1)!);
  const [loss] = model.evaluate(validationData[0], validationData[1]) as tf.Scalar[];
  const left = loss.dataSync()[0].toPrecision(3);
  expect(history.explain()).toContain(
    `The weights of epoch ${best + 1}, with a validation loss of ${left}, were put back.`,
  );
  expect((history.history.val_loss as number[])[best - 5]).toBeCloseTo(loss.dataSync()[0], 4);
});

describe.each(trainers)('EarlyStopping in %s', (_, train) => {
  it.each<EarlyStoppingArgs>([
    { patience: 2 },
    { monitor: 'val_loss', minDelta: 0.01, patience: 1 },
    { monitor: 'val_acc', patience: 3 },
    { monitor: 'loss', baseline: 0.4, patience: 4 },
    { monitor: 'val_acc', mode: 'min', patience: 2 },
    {},
  ])("stops where TensorFlow.js's own does: %o", async (given) => {
    const wanted = await withModelFit(classifier(), [tf.callbacks.earlyStopping(given)]);
    expect(wanted.epoch.length).toBeLessThan(30);
    const got = await train(classifier(), [earlyStopping({ ...given, restoreBestWeights: true })]);
    expect(got.epoch).toEqual(wanted.epoch);
  });

  it.each<[string, EarlyStoppingArgs, (history: Columns) => number]>([
    ['of the least loss', { patience: 3 }, ({ val_loss }) => bestOf(val_loss, (a, b) => a < b)],
    [
      'of the highest accuracy, the first of them',
      { monitor: 'val_acc', patience: 6 },
      ({ val_acc }) => bestOf(val_acc, (a, b) => a > b),
    ],
    [
      'but for small improvements',
      { minDelta: 0.05, patience: 3 },
      ({ val_loss }) => bestOf(val_loss, (a, b) => a < b - 0.05),
    ],
    [
      'also where none is as good as the baseline',
      { baseline: 0.001, patience: 8 },
      ({ val_loss }) => bestOf(val_loss, (a, b) => a < b),
    ],
  ])('puts the weights of the epoch back %s', async (_, given, best) => {
    const [model, seen] = [classifier(), new Weights()];
    const stopper = earlyStopping({ ...given, restoreBestWeights: true });
    const { history } = await train(model, [stopper, seen]);
    const at = best(history as Columns);
    expect(stopper.bestEpoch).toBe(at);
    expect(at).toBeLessThan(seen.all.length - 1);
    expect(seen.all.length).toBeLessThan(30);
    expect(values(model)).toEqual(seen.all[at]);
    // The model goes on from there.
    const losses = (await train(model, [], 1)).history.val_loss;
    expect(losses[0]).not.toBeNaN();
  });

  it('puts them back as well where training comes to its last epoch', async () => {
    const [model, seen] = [classifier(), new Weights()];
    const { history, epoch } = await train(model, [earlyStopping({ patience: 99, restoreBestWeights: true }), seen]);
    expect(epoch.length).toBe(30);
    const at = bestOf((history as Columns).val_loss, (a, b) => a < b);
    expect(at).toBeLessThan(29);
    expect(values(model)).toEqual(seen.all[at]);
  });

  it('leaves the last weights without restoreBestWeights', async () => {
    const [model, seen] = [classifier(), new Weights()];
    const stopper = new EarlyStopping({ patience: 3 });
    await train(model, [stopper, seen]);
    expect(stopper.bestEpoch).toBeUndefined();
    expect(values(model)).toEqual(seen.all.at(-1));
  });

  it('holds no tensors, and can be used again', async () => {
    const model = classifier();
    const stopper = earlyStopping({ patience: 2, restoreBestWeights: true });
    await train(model, [stopper]);
    const before = tf.memory().numTensors;
    await train(model, [stopper]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

type Columns = { [name: string]: number[] };

describe('the state of EarlyStopping', () => {
  const losses = [5, 4, 3.5, 3.6, 3.7, 3.8, 3.9];
  const make = () => earlyStopping({ patience: 3, restoreBestWeights: true });

  /** Tells a callback of the epochs from `from` on, whose weights are 1, 2, 3, … */
  async function tell(stopper: EarlyStopping, model: tf.LayersModel, from: number, to: number) {
    for (let epoch = from; epoch < to && !stopped(model); epoch++) {
      model.setWeights(model.getWeights().map((weight) => tf.fill(weight.shape, epoch)));
      await stopper.onEpochEnd(epoch, { val_loss: losses[epoch] });
    }
    await stopper.onTrainEnd();
    return { value: values(model)[0][0], stopped: stopped(model) };
  }
  const stopped = (model: tf.LayersModel) => (model as unknown as { stopTraining_: boolean }).stopTraining_;

  function begin(): [EarlyStopping, tf.LayersModel] {
    const input = tf.input({ shape: [2] });
    const model = tf.model({ inputs: input, outputs: tf.layers.dense({ units: 1 }).apply(input) as tf.SymbolicTensor });
    (model as unknown as { stopTraining_: boolean }).stopTraining_ = false;
    const stopper = make();
    stopper.setModel(model);
    return [stopper, model];
  }

  it('goes through a checkpoint', async () => {
    const [whole, one] = begin();
    await whole.onTrainBegin();
    const wanted = await tell(whole, one, 0, 7);
    expect(wanted).toEqual({ value: 2, stopped: true });
    for (const at of [1, 3, 4]) {
      const [first, two] = begin();
      await first.onTrainBegin();
      await tell(first, two, 0, at);
      const [second, three] = begin();
      await second.onTrainBegin();
      second.restore(decode(encode(first.state()), 'state'));
      expect(await tell(second, three, at, 7)).toEqual(wanted);
    }
  });

  it.each([null, {}, { counts: { wait: 1 } }, { counts: { wait: 0, best: 1, stoppedEpoch: 0 }, record: 3 }])(
    'is not %o',
    (state) => {
      expect(() => make().restore(state as never)).toThrow(UnequalError);
    },
  );
});

it('goes on in a resumed run with the weights that were best before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'unequal-'));
  try {
    const path = join(folder, 'run');
    const stopper = () => earlyStopping({ patience: 8, restoreBestWeights: true });
    const run = { ...args, ...eager, seed: 1 };
    const [whole, wanted] = [classifier(), stopper()];
    const { epoch } = await fit(whole, x, y, { ...run, callbacks: wanted });
    const signal = new AbortController();
    // Between the best epoch and the last.
    const onStep = (report: { epoch: number }) => {
      if (report.epoch === wanted.bestEpoch! + 4) signal.abort();
    };
    await fit(classifier(), x, y, {
      ...run,
      callbacks: stopper(),
      signal: signal.signal,
      onStep,
      checkpoint: { path },
    });
    const [rest, got] = [classifier(), stopper()];
    const history = await fit(rest, x, y, { ...run, callbacks: got, resume: path });
    expect(history.epoch).toEqual(epoch);
    expect(got.bestEpoch).toBe(wanted.bestEpoch);
    expect(values(rest)).toEqual(values(whole));
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('says what it did where it is verbose', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const stopper = earlyStopping({ patience: 2, verbose: 1, restoreBestWeights: true });
  await fit(classifier(), x, y, { ...args, ...eager, callbacks: stopper });
  const lines = log.mock.calls.map(([line]) => line);
  expect(lines).toContain(`Restoring the weights of the best epoch, ${stopper.bestEpoch}.`);
  expect(lines.some((line) => /early stopping/.test(line))).toBe(true);
});
