import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const { x, y, n } = digits();
const quiet = { engine: 'eager', verbose: 0, method: uniform(), shuffle: false } as const;
const tensors = () => [tf.tensor(x.data, [n, 8]), tf.tensor(y.data, [n, 3])] as const;

type Call = [string, ...unknown[]];
type Logs = Record<string, number>;

/** Every call with what it was given, numbers rounded. */
function recorder(calls: Call[], name = '') {
  const rounded = (logs?: Logs) => logs && Object.entries(logs).map(([key, value]) => [key, Number(value.toFixed(4))]);
  return {
    onTrainBegin: async (logs?: Logs) => void calls.push([`${name}trainBegin`, rounded(logs)]),
    onTrainEnd: async (logs?: Logs) => void calls.push([`${name}trainEnd`, rounded(logs)]),
    onEpochBegin: async (epoch: number, logs?: Logs) => void calls.push([`${name}epochBegin`, epoch, rounded(logs)]),
    onEpochEnd: async (epoch: number, logs?: Logs) => void calls.push([`${name}epochEnd`, epoch, rounded(logs)]),
    onBatchBegin: async (batch: number, logs?: Logs) => void calls.push([`${name}batchBegin`, batch, rounded(logs)]),
    onBatchEnd: async (batch: number, logs?: Logs) => void calls.push([`${name}batchEnd`, batch, rounded(logs)]),
  };
}

/** The calls that model.fit and fit make with the same arguments. */
async function both(make: (calls: Call[]) => tf.ModelFitArgs) {
  const [theirs, ours]: Call[][] = [[], []];
  const [xs, ys] = tensors();
  const [one, two] = [classifier(), classifier()];
  const wanted = await one.fit(xs, ys, { verbose: 0, shuffle: false, ...make(theirs) });
  const got = await fit(two, x, y, { ...quiet, ...(make(ours) as object) });
  return { theirs, ours, wanted, got, one, two };
}

describe('callbacks are called as model.fit calls them', () => {
  it.each<[string, (calls: Call[]) => tf.ModelFitArgs]>([
    ['one object', (calls) => ({ epochs: 2, batchSize: 25, callbacks: recorder(calls) })],
    ['with validation', (calls) => ({ epochs: 2, batchSize: 25, validationSplit: 0.25, callbacks: recorder(calls) })],
    ['several', (calls) => ({ epochs: 1, batchSize: 25, callbacks: [recorder(calls, 'a '), recorder(calls, 'b ')] })],
    ['with all epochs done', (calls) => ({ epochs: 3, initialEpoch: 5, callbacks: recorder(calls) })],
    ['from a later epoch', (calls) => ({ epochs: 4, initialEpoch: 2, batchSize: 30, callbacks: recorder(calls) })],
    [
      'instances of a class',
      (calls) => ({ epochs: 1, batchSize: 30, callbacks: [new tf.CustomCallback(recorder(calls), 'never')] }),
    ],
    [
      'some, and yielding each batch',
      (calls) => ({
        epochs: 1,
        batchSize: 30,
        yieldEvery: 'batch',
        callbacks: { onEpochEnd: recorder(calls).onEpochEnd },
      }),
    ],
  ])('%s', async (_, make) => {
    const { ours, theirs } = await both(make);
    expect(theirs.length).toBeGreaterThan(0);
    expect(ours).toEqual(theirs);
  });

  it.each([true, false])('of a class of one’s own that has not every one (in a list: %s)', async (inList) => {
    const { ours, theirs, got, wanted } = await both((calls) => {
      class Few {
        params: Logs | undefined;
        setParams(params: Logs) {
          this.params = params;
        }
        setModel() {}
        async onEpochEnd(epoch: number, logs: Logs) {
          await recorder(calls).onEpochEnd(epoch, logs);
          calls.push(['epochs', this.params!.epochs]);
        }
      }
      return { epochs: 2, batchSize: 25, callbacks: (inList ? [new Few()] : new Few()) as never };
    });
    expect(theirs).toHaveLength(4);
    expect(ours).toEqual(theirs);
    expect(got.epoch).toEqual(wanted.epoch);
  });

  it('of such a class with its model, and what they leave in its fields', async () => {
    const few = {
      model: undefined as tf.LayersModel | undefined,
      stopped: 0,
      setModel(model: tf.LayersModel) {
        this.model = model;
      },
      onBatchEnd() {
        this.model!.stopTraining = true;
        this.stopped++;
      },
    };
    const { epoch } = await fit(classifier(), x, y, { ...quiet, epochs: 3, batchSize: 20, callbacks: few as never });
    expect(few.stopped).toBe(1);
    expect(epoch).toEqual([0]);
  });

  it('with onYield at the same pace', async () => {
    const { ours, theirs } = await both((calls) => {
      let now = 0;
      const nowFunc = () => {
        now += 40;
        return now;
      };
      const onYield = async (epoch: number, batch: number, logs: Logs) => {
        calls.push(['yield', epoch, batch, Object.keys(logs)]);
      };
      return { epochs: 2, batchSize: 5, yieldEvery: 100, callbacks: { onYield, nowFunc } };
    });
    expect(theirs.length).toBeGreaterThan(2);
    expect(ours).toEqual(theirs);
  });

  it('with the model that they know there', async () => {
    const layers: string[][] = [];
    class Looking extends tf.Callback {
      override async onTrainBegin() {
        layers.push((this as unknown as { model: tf.LayersModel }).model.layers.map((layer) => layer.getClassName()));
      }
    }
    await both(() => ({ callbacks: [new Looking()] }));
    expect(layers[0].length).toBeGreaterThan(2);
    expect(layers[1]).toEqual(layers[0]);
  });

  it('with the parameters of the run', async () => {
    const seen: unknown[] = [];
    class Parameters extends tf.CustomCallback {
      override async onTrainBegin() {
        seen.push({ ...this.params });
      }
    }
    await both(() => ({ epochs: 3, batchSize: 20, validationSplit: 0.5, callbacks: [new Parameters({})] }));
    const [wanted, got] = seen as Logs[];
    expect(got).toEqual(wanted);
  });
});

describe('a run ends', () => {
  it('by stopTraining in the middle of an epoch', async () => {
    const { ours, theirs, got, wanted, one, two } = await both((calls) => {
      const record = recorder(calls);
      let model: tf.LayersModel;
      class Stopper extends tf.CustomCallback {
        override setModel(given: tf.LayersModel) {
          model = given;
        }
        override async onBatchEnd(batch: number, logs: Logs) {
          await record.onBatchEnd(batch, Object.fromEntries(Object.entries(logs).filter(([key]) => key === 'size')));
          if (calls.length === 5) model.stopTraining = true;
        }
        override async onEpochEnd(epoch: number, logs: Logs) {
          calls.push(['epochEnd', epoch, Object.keys(logs)]);
        }
        override async onTrainEnd() {
          calls.push(['trainEnd']);
        }
      }
      return { epochs: 5, batchSize: 16, validationSplit: 0.2, callbacks: [new Stopper({})] };
    });
    expect(ours).toEqual(theirs);
    expect(got.epoch).toEqual([0, 1]);
    expect(Object.keys(got.history)).toEqual(Object.keys(wanted.history));
    expect(got.history.val_loss.length).toBe(1);
    for (const [k, weight] of values(one).entries()) {
      for (const [i, value] of weight.entries()) expect(values(two)[k][i]).toBeCloseTo(value, 5);
    }
  });

  it('by stopTraining after the last batch, with its validation', async () => {
    const model = classifier();
    const history = await fit(model, x, y, {
      ...{ ...quiet, epochs: 5, batchSize: 20, validationSplit: 0.5 },
      callbacks: {
        onBatchEnd: async (batch) => {
          if (batch === 1) model.stopTraining = true;
        },
      },
    });
    expect(history.epoch).toEqual([0]);
    expect(history.history.val_loss.length).toBe(1);
    // And the next run is not stopped by that.
    expect((await fit(model, x, y, { ...quiet, epochs: 2 })).epoch).toEqual([0, 1]);
  });

  it('by early stopping, in the same epoch', async () => {
    const { got, wanted } = await both(() => ({
      ...{ epochs: 60, batchSize: 10, validationSplit: 0.3 },
      callbacks: tf.callbacks.earlyStopping({ monitor: 'val_loss', patience: 2 }),
    }));
    expect(wanted.epoch.length).toBeLessThan(60);
    expect(got.epoch).toEqual(wanted.epoch);
  });

  it('by an exception in a callback, and the model can be trained again', async () => {
    const model = classifier();
    const onEpochEnd = () => {
      throw new Error('disk full');
    };
    await expect(fit(model, x, y, { ...quiet, callbacks: { onEpochEnd } })).rejects.toThrow('disk full');
    expect((await fit(model, x, y, quiet)).epoch).toEqual([0]);
  });
});

describe('a callback may', () => {
  it('set the learning rate', async () => {
    const { got, wanted, one, two } = await both(() => {
      let model: tf.LayersModel;
      class Halving extends tf.CustomCallback {
        override setModel(given: tf.LayersModel) {
          model = given;
        }
        override async onEpochBegin() {
          const optimizer = model.optimizer as unknown as { learningRate: number; setLearningRate(r: number): void };
          optimizer.setLearningRate(optimizer.learningRate / 2);
        }
      }
      return { epochs: 3, batchSize: 20, callbacks: [new Halving({})] };
    });
    expect(got.history.loss.at(-1)).toBeCloseTo(wanted.history.loss.at(-1) as number, 5);
    for (const [k, weight] of values(one).entries()) {
      for (const [i, value] of weight.entries()) expect(values(two)[k][i]).toBeCloseTo(value, 5);
    }
  });

  it('see the weights of each moment', async () => {
    const model = classifier();
    const seen: number[][][] = [];
    await fit(model, x, y, {
      ...{ ...quiet, epochs: 1, batchSize: 20 },
      callbacks: { onBatchEnd: async () => void seen.push(values(model)) },
    });
    expect(seen.length).toBe(3);
    expect(seen[1]).not.toEqual(seen[0]);
    expect(seen[2]).toEqual(values(model));
  });
});
