/** What layers keep of a call does not pile up where compiled steps and TensorFlow.js's calls take turns. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { Guard } from '../../src/learner/guard.ts';
import { compiledModel } from '../../src/learner/model.ts';
import { Objective } from '../../src/learner/objective.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const dropout = { dropout: 0.3, recurrentDropout: 0.2 };
const sequences = { units: 4, inputShape: [6, 3], ...dropout };
const layers = {
  simpleRNN: () => tf.layers.simpleRNN(sequences),
  gru: () => tf.layers.gru(sequences),
  lstm: () => tf.layers.lstm(sequences),
  bidirectional: () =>
    tf.layers.bidirectional({
      layer: tf.layers.lstm({ units: 4, ...dropout }) as tf.RNN,
      mergeMode: 'sum',
      inputShape: [6, 3],
    }),
};

function modelOf(own: tf.layers.Layer): tf.LayersModel {
  const model = tf.sequential();
  for (const layer of [
    tf.layers.inputLayer({ inputShape: [4] }),
    own,
    tf.layers.dense({ units: 1, kernelInitializer: 'ones' }),
  ])
    model.add(layer);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

/** A layer that makes its table anew at each call. */
class Table extends tf.layers.Layer {
  static className = 'TableMadeAnew';
  private table?: tf.Tensor;
  override computeOutputShape(shape: tf.Shape) {
    return shape;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    return tf.tidy(() => {
      const [x] = [inputs].flat();
      this.table?.dispose();
      this.table = tf.keep(tf.linspace(0, 1, x.shape[1]!));
      return tf.add(x, this.table);
    });
  }
}

it('a tensor that a layer makes anew at each call is there once', async () => {
  const [x, y] = [tf.randomNormal([32, 4], 0, 1, 'float32', 1), tf.ones([32, 1])];
  const [ours, theirs] = [modelOf(new Table({})), modelOf(new Table({}))];
  const args = { batchSize: 16, epochs: 2, shuffle: false, verbose: 0 as const };
  const seen: number[] = [];
  for (let k = 0; k < 4; k++) {
    const { history } = await fit(ours, x, y, { ...args, method: uniform(), engine: 'auto' });
    const known = (await theirs.fit(x, y, args)).history;
    for (const [k, loss] of history.loss.entries()) expect(loss).toBeCloseTo(Number(known.loss[k]), 5);
    tf.dispose(ours.predict(x));
    seen.push(tf.memory().numTensors);
  }
  expect(new Set(seen).size).toBe(1);
});

it('a variable that is put back to a tensor of its owner, and moved from there, lives on', async () => {
  const start = tf.keep(tf.scalar(1));
  const state = tf.variable(tf.scalar(0), false);
  class Anew extends tf.layers.Layer {
    static className = 'PutsBack';
    override computeOutputShape(shape: tf.Shape) {
      return shape;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return tf.tidy(() => {
        const [x] = [inputs].flat();
        state.assign(start as tf.Scalar);
        state.assign(tf.add(state, tf.mean(x)));
        return tf.mul(x, state);
      });
    }
  }
  const [x, y] = [tf.randomNormal([32, 4], 0, 1, 'float32', 1), tf.ones([32, 1])];
  const args = { batchSize: 16, epochs: 4, shuffle: false, verbose: 0 as const };
  const { history } = await fit(modelOf(new Anew({})), x, y, { ...args, method: uniform(), engine: 'compiled' });
  const known = (await modelOf(new Anew({})).fit(x, y, args)).history;
  for (const [k, loss] of history.loss.entries()) expect(loss).toBeCloseTo(Number(known.loss[k]), 5);
  expect([state.isDisposed, start.isDisposed]).toEqual([false, false]);
});

describe.each(Object.entries(layers))('%s', (_, make) => {
  it('leaves no masks, and is not traced anew, after a prediction', async () => {
    const model = tf.sequential({ layers: [make(), tf.layers.dense({ units: 1 })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [tf.randomNormal([32, 6, 3], 0, 1, 'float32', 1), tf.randomNormal([32, 1], 0, 1, 'float32', 2)];
    const predict = () => tf.dispose(model.predict(x));
    const args = { batchSize: 16, verbose: 0 as const, method: uniform(), engine: 'compiled' as const };
    const callbacks = { onBatchEnd: async () => predict() };
    await fit(model, x, y, { ...args, epochs: 2, callbacks });
    const { numTensors } = tf.memory();
    const guard = new Guard(new Objective(compiledModel(model)), false, true);
    const version = guard.version();
    for (let k = 0; k < 3; k++) {
      await fit(model, x, y, { ...args, epochs: 2, callbacks });
      tf.dispose(model.evaluate(x, y));
      predict();
    }
    expect(tf.memory().numTensors).toBe(numTensors);
    predict();
    expect(guard.version()).toBe(version);
  });
});
