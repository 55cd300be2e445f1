import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NdArray } from '../../src/data/samples.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { classes, compiled, d, dense, input, labels, n, normal, scores, x, y } from './small-heads.ts';

beforeAll(() => tf.setBackend('cpu'));

const tensor = ({ data, shape, dtype }: NdArray) => tf.tensor(data as Float32Array, shape as number[], dtype);

/** Row norms of f over rows of `width`. */
function norms(rows: number, width: number, f: (k: number) => number): number[] {
  return Array.from({ length: rows }, (_, i) =>
    Math.sqrt(Array.from({ length: width }, (_, c) => f(i * width + c) ** 2).reduce((a, b) => a + b, 0)),
  );
}

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 1e-5): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i] - wanted[i])).toBeLessThan(tolerance);
}

/** ‖p − y‖ with what the model itself predicts. */
function residuals(model: tf.LayersModel, inputs: NdArray = x, targets: NdArray = y): number[] {
  const p = tf.tidy(() => (model.predict(tensor(inputs)) as tf.Tensor).dataSync());
  return norms(inputs.shape[0], p.length / inputs.shape[0], (k) => p[k] - targets.data[k]);
}

describe('softmax and cross-entropy: ‖softmax(z) − y‖', () => {
  const i = () => input();
  const cases: [string, () => tf.LayersModel][] = [
    [
      'a fused activation',
      () => tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [d] }), dense(classes, 1, 'softmax')] }),
    ],
    [
      'a hidden layer before it',
      () =>
        tf.sequential({
          layers: [tf.layers.dense({ units: 6, activation: 'relu', inputShape: [d] }), dense(classes, 1, 'softmax')],
        }),
    ],
    [
      'an activation layer',
      () => {
        const a = i();
        const z = dense(classes, 2).apply(a) as tf.SymbolicTensor;
        return tf.model({
          inputs: a,
          outputs: tf.layers.activation({ activation: 'softmax' }).apply(z) as tf.SymbolicTensor,
        });
      },
    ],
    [
      'a softmax layer',
      () => {
        const a = i();
        const z = dense(classes, 2).apply(a) as tf.SymbolicTensor;
        return tf.model({ inputs: a, outputs: tf.layers.softmax().apply(z) as tf.SymbolicTensor });
      },
    ],
    [
      'a nested model',
      () => {
        const inner = tf.sequential({
          layers: [tf.layers.dense({ units: 6, activation: 'tanh', inputShape: [d] }), dense(classes, 3, 'softmax')],
        });
        const a = i();
        return tf.model({ inputs: a, outputs: inner.apply(a) as tf.SymbolicTensor });
      },
    ],
    [
      'a sequential model in a sequential model, reshaped at the end',
      () => {
        const inner = tf.sequential({
          layers: [tf.layers.dense({ units: classes, activation: 'softmax', inputShape: [d] })],
        });
        return tf.sequential({ layers: [inner, tf.layers.reshape({ targetShape: [2, 2] }), tf.layers.flatten()] });
      },
    ],
    [
      'dropout after it',
      () =>
        tf.sequential({
          layers: [
            tf.layers.dense({ units: classes, activation: 'softmax', inputShape: [d] }),
            tf.layers.dropout({ rate: 0.5 }),
          ],
        }),
    ],
    [
      'a convolution over one position',
      () =>
        tf.sequential({
          layers: [
            tf.layers.reshape({ targetShape: [1, 1, d], inputShape: [d] }),
            tf.layers.conv2d({ filters: classes, kernelSize: 1, activation: 'softmax' }),
            tf.layers.flatten(),
          ],
        }),
    ],
  ];

  it.each(cases)('%s', async (_, make) => {
    const model = compiled(make(), 'categoricalCrossentropy');
    expectClose(await scores(model), residuals(model));
  });

  it('sparse labels', async () => {
    const model = compiled(cases[0][1](), 'sparseCategoricalCrossentropy');
    const ys: NdArray = { data: Float32Array.from(labels), shape: [n, 1], dtype: 'float32' };
    expectClose(await scores(model, { size: n, xs: [x], ys: [ys] }), residuals(model));
  });

  it('a loss on logits, given as a function', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: classes, inputShape: [d] })] });
    compiled(model, (y, z) => tf.losses.softmaxCrossEntropy(y, z, undefined, 0, tf.Reduction.NONE) as tf.Tensor);
    const p = tf.tidy(() => tf.softmax(model.predict(tensor(x)) as tf.Tensor2D).dataSync());
    expectClose(
      await scores(model),
      norms(n, classes, (k) => p[k] - y.data[k]),
    );
  });

  it('times the user’s weight of the sample', async () => {
    const model = compiled(cases[0][1](), 'categoricalCrossentropy');
    const weights = Float32Array.from({ length: n }, (_, i) => i / 2);
    const wanted = residuals(model).map((score, i) => score * weights[i]);
    expectClose(await scores(model, { size: n, xs: [x], ys: [y], lossWeights: [weights] }), wanted);
  });
});

describe('other losses', () => {
  it('sigmoid and binary cross-entropy: ‖σ(z) − y‖ / d', async () => {
    const ys = normal([n, 3]);
    ys.data.forEach((value, k) => {
      ys.data[k] = value > 0 ? 1 : 0;
    });
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, activation: 'sigmoid', inputShape: [d] })] });
    compiled(model, 'binaryCrossentropy');
    // Keras means the loss over the outputs.
    const wanted = residuals(model, x, ys).map((norm) => norm / 3);
    expectClose(await scores(model, { size: n, xs: [x], ys: [ys] }), wanted);
  });

  it('one sigmoid', async () => {
    const ys: NdArray = { data: Float32Array.from([0, 1, 1, 0, 0, 1, 0]), shape: [n, 1], dtype: 'float32' };
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, activation: 'sigmoid', inputShape: [d] })] });
    compiled(model, 'binaryCrossentropy');
    expectClose(await scores(model, { size: n, xs: [x], ys: [ys] }), residuals(model, x, ys));
  });

  it('a linear output and squared error: ‖2(ŷ − y)/d‖', async () => {
    const ys = normal([n, 3]);
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [d] })] });
    compiled(model, 'meanSquaredError');
    const wanted = residuals(model, x, ys).map((norm) => (2 * norm) / 3);
    expectClose(await scores(model, { size: n, xs: [x], ys: [ys] }), wanted);
  });

  it('several outputs: the norm over all of them', async () => {
    const a = input();
    const hidden = dense(6, 4, 'tanh').apply(a) as tf.SymbolicTensor;
    const p = dense(classes, 5, 'softmax').apply(hidden) as tf.SymbolicTensor;
    const r = dense(2, 6).apply(hidden) as tf.SymbolicTensor;
    const model = compiled(tf.model({ inputs: a, outputs: [p, r] }), ['categoricalCrossentropy', 'meanSquaredError']);
    const target = normal([n, 2]);
    const [pv, rv] = tf.tidy(() => (model.predict(tensor(x)) as tf.Tensor[]).map((out) => out.dataSync()));
    const first = norms(n, classes, (k) => pv[k] - y.data[k]);
    const second = norms(n, 2, (k) => rv[k] - target.data[k]);
    const wanted = first.map((s, i) => Math.hypot(s, second[i]));
    expectClose(await scores(model, { size: n, xs: [x], ys: [y, target] }), wanted);
  });

  it('a time-distributed softmax: over all steps, each with 1/T of the loss', async () => {
    const steps = 3;
    const xs = normal([n, steps, d]);
    const ys = normal([n, steps, classes]);
    ys.data.fill(0);
    for (let row = 0; row < n * steps; row++) ys.data[row * classes + (row % classes)] = 1;
    const layers = [
      tf.layers.lstm({ units: 5, returnSequences: true, inputShape: [steps, d] }),
      tf.layers.timeDistributed({ layer: dense(classes, 7, 'softmax') }),
    ];
    const model = compiled(tf.sequential({ layers }), 'categoricalCrossentropy');
    const wanted = residuals(model, xs, ys).map((norm) => norm / steps);
    expectClose(await scores(model, { size: n, xs: [xs], ys: [ys] }), wanted);
  });

  it('a linear layer at the end of several outputs', async () => {
    const [a, b] = [input(), input()];
    const layer = dense(2, 9);
    const outputs = [a, b].map((one) => layer.apply(one) as tf.SymbolicTensor);
    const model = compiled(tf.model({ inputs: [a, b], outputs }), 'meanSquaredError');
    const xs = [x, normal([n, d])];
    const ys = [normal([n, 2]), normal([n, 2])];
    const parts = tf.tidy(() => (model.predict(xs.map(tensor)) as tf.Tensor[]).map((out) => out.dataSync()));
    const each = parts.map((p, o) => norms(n, 2, (k) => p[k] - ys[o].data[k]));
    const wanted = each[0].map((s, i) => Math.hypot(s, each[1][i]));
    expectClose(await scores(model, { size: n, xs, ys }), wanted);
  });

  it('a shared layer that ends only one path', async () => {
    // The layer has another call outside the model: a feature extractor reused elsewhere.
    const layer = dense(classes, 8, 'softmax');
    layer.apply(input());
    const a = input();
    const model = compiled(
      tf.model({ inputs: a, outputs: layer.apply(a) as tf.SymbolicTensor }),
      'categoricalCrossentropy',
    );
    expectClose(await scores(model), residuals(model));
  });
});

describe('the scores of a training pass', () => {
  it('are those of its own forward pass', async () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: classes, activation: 'softmax', inputShape: [d] })],
    });
    compiled(model, 'categoricalCrossentropy');
    const wanted = residuals(model);
    const { scores } = await new EagerLearner(model).step({ size: n, xs: [x], ys: [y] });
    expectClose(scores!, wanted);
  });

  it('leave the model’s layers as they were', async () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ units: classes, inputShape: [d] }), tf.layers.softmax()],
    });
    compiled(model, 'categoricalCrossentropy');
    const [layer, softmax] = model.layers as unknown as { activation: unknown; call: unknown }[];
    const before = [layer.activation, layer.call, softmax.call, Object.keys(softmax)];
    await scores(model);
    await new EagerLearner(model).step({ size: n, xs: [x], ys: [y] });
    expect([layer.activation, layer.call, softmax.call, Object.keys(softmax)]).toEqual(before);
  });
});

describe('several outputs of a model within the model', () => {
  it('has the score of both heads, though TensorFlow.js calls the inner model once for each', async () => {
    const inside = input([3]);
    const inner = tf.model({
      inputs: inside,
      outputs: [
        dense(1, 1, 'sigmoid').apply(inside),
        tf.layers
          .timeDistributed({ layer: dense(classes, 2, 'softmax') })
          .apply(tf.layers.reshape({ targetShape: [1, 3] }).apply(inside)),
      ] as tf.SymbolicTensor[],
    });
    const from = input();
    const model = tf.model({ inputs: from, outputs: inner.apply(dense(3, 3).apply(from)) as tf.SymbolicTensor[] });
    model.compile({ optimizer: 'sgd', loss: ['binaryCrossentropy', 'categoricalCrossentropy'] });
    const real = { data: new Float32Array(n).fill(1), shape: [n, 1], dtype: 'float32' as const };
    const batch = { size: n, xs: [x], ys: [real, { ...y, shape: [n, 1, classes] }] };
    const [p, q] = tf.tidy(() => (model.predict(tensor(x)) as tf.Tensor[]).map((one) => one.dataSync()));
    const wanted = norms(n, classes, (k) => q[k] - y.data[k]).map((norm, i) => Math.hypot(norm, p[i] - 1));
    expectClose(await scores(model, batch), wanted);
  });
});
