/** Layers of people's own under importance sampling: what they do with a batch, and what they keep. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { compiledModel } from '../../src/learner/model.ts';
import { Objective } from '../../src/learner/objective.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

const [n, width, batchSize] = [64, 4, 16];
const x = tf.randomNormal<tf.Rank.R2>([n, width], 0, 1, 'float32', 1);
const y = tf.randomNormal<tf.Rank.R2>([n, 1], 0, 1, 'float32', 2);

let classes = 0;
function layer(f: (x: tf.Tensor) => tf.Tensor, more = 0): tf.layers.Layer {
  class Own extends tf.layers.Layer {
    static className = `OwnOfPeople${classes++}`;
    override computeOutputShape([rows, units]: number[]) {
      return [rows, units + more];
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return tf.tidy(() => f([inputs].flat()[0]));
    }
  }
  return new Own({});
}

function network(own: tf.layers.Layer): tf.LayersModel {
  const model = tf.sequential();
  const dense = (units: number, seed: number, inputShape?: number[]) =>
    tf.layers.dense({ units, inputShape, kernelInitializer: tf.initializers.glorotUniform({ seed }) });
  for (const one of [dense(width, 1, [width]), own, dense(1, 2)]) model.add(one);
  model.compile({ optimizer: tf.train.sgd(0.02), loss: 'meanSquaredError' });
  return model;
}

const always = { method: importance({ start: 'always' }), verbose: 0, batchSize, epochs: 3 } as const;
const phases = async (model: tf.LayersModel, args: FitArgs) => {
  const seen = new Set<string>();
  await fit(model, x, y, { ...args, onStep: ({ phase }) => void seen.add(phase) });
  return [...seen];
};

describe('a layer that looks at other rows is trained uniformly, which is told once:', () => {
  const sets = (size: number) => (v: tf.Tensor) => {
    const [, units] = v.shape;
    const most = tf.max(tf.reshape(v, [-1, size, units!]), 1, true);
    return tf.concat([v, tf.reshape(tf.tile(most, [1, size, 1]), [-1, units!])], 1);
  };
  const adjacency = tf.div(tf.randomUniform([batchSize, batchSize], 0, 1, 'float32', 3), batchSize);
  const kinds: [string, (v: tf.Tensor) => tf.Tensor, number][] = [
    ['sets of four', sets(4), width],
    ['pairs', (v) => tf.reshape(tf.reverse(tf.reshape(v, [-1, 2, width]), 1), [-1, width]), 0],
    [
      'the row before',
      (v) => tf.concat([tf.slice(v, [0], [1]), tf.sub(tf.slice(v, [1]), tf.slice(v, [0], [v.shape[0] - 1]))]),
      0,
    ],
    ['the first row as an anchor', (v) => tf.sub(v, tf.mul(0.5, tf.slice(v, [0], [1]))), 0],
    ['the mean of the batch', (v) => tf.sub(v, tf.mean(v, 0, true)), 0],
    ['a graph of all rows', (v) => tf.matMul(adjacency, v), 0],
    ['sets of eight, halves of a batch', sets(8), width],
  ];
  it.each(kinds)('%s', async (_, f, more) => {
    const model = network(layer(f, more));
    expect(await phases(model, always)).toEqual(['uniform']);
    expect(await phases(model, always)).toEqual(['uniform']);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/by uniform sampling.*what the layer own.* depends on the others/i),
    );
  });
});

describe('a layer that does not is trained by importance:', () => {
  const kinds: [string, (v: tf.Tensor) => tf.Tensor][] = [
    ['each row for itself', (v) => tf.tanh(tf.add(v, tf.sum(v, 1, true)))],
    ['with noise of its own', (v) => tf.add(v, tf.randomNormal(v.shape, 0, 0.1))],
    ['by a table', (v) => tf.mul(v, tf.tensor1d([1, 2, 3, 4]))],
  ];
  it.each(kinds)('%s', async (_, f) => {
    expect(await phases(network(layer(f)), { ...always, engine: 'eager' })).toContain('importance');
    expect(warn.mock.calls.flat().join()).not.toMatch(/uniform sampling/);
  });
});

it('what a layer keeps outlives the look at the next fit, and a model of TensorFlow.js is not looked at', async () => {
  let last: tf.Tensor | undefined;
  const keeping = Object.assign(
    layer((v) => {
      const out = tf.sub(v, last ?? 0);
      last?.dispose();
      last = tf.keep(tf.mul(tf.mean(v), 0));
      return out;
    }),
  );
  const model = network(keeping);
  for (let k = 0; k < 3; k++) await fit(model, x, y, { ...always, engine: 'eager' });
  const before = tf.memory().numTensors;
  await fit(model, x, y, { ...always, engine: 'eager' });
  expect(tf.memory().numTensors).toBe(before);
  const call = vi.spyOn(tf.LayersModel.prototype, 'call');
  const learner = new EagerLearner(network(tf.layers.dropout({ rate: 0.5 })));
  const batch = {
    size: 2,
    xs: [{ data: new Float32Array(2 * width), shape: [2, width] }],
    ys: [{ data: new Float32Array(2), shape: [2, 1] }],
  };
  expect(learner.uniformOnly(batch as never)).toBeUndefined();
  expect(call).not.toHaveBeenCalled();
});

it('a large model is looked at by two rows', () => {
  const seen: number[] = [];
  class Large extends tf.layers.Layer {
    static className = 'LargeOfPeople';
    override build() {
      this.addWeight('table', [1000, 1000], 'float32', tf.initializers.zeros());
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      const [v] = [inputs].flat();
      seen.push(v.shape[0]);
      return v;
    }
  }
  const places = 1000;
  const model = tf.sequential();
  model.add(tf.layers.inputLayer({ inputShape: [places, width] }));
  for (const one of [new Large({}), tf.layers.flatten(), tf.layers.dense({ units: 1 })]) model.add(one);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  seen.length = 0;
  const xs = [tf.randomNormal([32, places, width])];
  expect(new Objective(compiledModel(model)).uniformOnly({ xs, ys: [tf.zeros([32, 1])] })).toBeUndefined();
  // As it predicts, and in training.
  expect(seen).toEqual([2, 2, 2, 2, 2, 2]);
});

describe.each(['eager', 'compiled'] as const)(
  'what is measured leaves nothing in a layer that counts: %s',
  (engine) => {
    const methods = {
      default: undefined,
      'stored, off': importance({ rule: { resists: 0.01, learns: 0.001 } }),
      'fresh, off': importance({ scores: 'fresh', rule: { resists: 0.01, learns: 0.001 } }),
      'fresh, on': importance({ scores: 'fresh', start: 'always' }),
    };
    it.each(Object.entries(methods))('%s', async (_, method) => {
      const calls = tf.variable(tf.scalar(0), false);
      const mean = tf.variable(tf.zeros([width]), false);
      const model = network(
        layer((v) => {
          calls.assign(tf.add(calls, 1));
          mean.assign(tf.add(tf.mul(mean, 0.9), tf.mul(tf.mean(v, 0), 0.1)));
          return tf.add(v, tf.mul(mean, 0));
        }),
      );
      await fit(model, x, y, { epochs: 100, batchSize, verbose: 0, method, engine, seed: 1 });
      // Looks at exact norms come after some 250 steps in the default.
      expect(calls.dataSync()[0]).toBe(100 * (n / batchSize));
      expect(warn.mock.calls.flat().join()).not.toMatch(/eagerly/);
    });
  },
);

it('shuffle: false keeps the order where no method is given', async () => {
  const [ours, theirs] = [0, 1].map(() => network(layer((v) => v)));
  const options = { epochs: 4, batchSize, shuffle: false, verbose: 0 } as const;
  await fit(ours, x, y, options);
  await theirs.fit(x, y, options);
  for (const [k, value] of values(ours).flat().entries()) expect(value).toBeCloseTo(values(theirs).flat()[k], 5);
  expect(warn).toHaveBeenCalledWith(
    expect.stringMatching(/uniform sampling.*shuffle: false.*a method that is given is used/),
  );
  expect(await phases(ours, { ...always, shuffle: false })).toContain('importance');
  expect(await phases(ours, { ...options, method: uniform() })).toEqual(['uniform']);
});
