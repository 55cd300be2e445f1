/** The variables of compiled functions: shared, seen and assigned by TensorFlow.js. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectClose, trainingStep } from './agree.ts';
import { batch, made, network, signature, squaredError } from './made.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function expectSameWeights(a: tf.LayersModel, b: tf.LayersModel): void {
  const expected = b.getWeights();
  for (const [i, w] of a.getWeights().entries()) expectClose(w.dataSync(), expected[i].dataSync(), a.weights[i].name);
}

describe('state', () => {
  test('batches of other sizes are other programs over the same variables', async () => {
    const [a, b] = [network(), network()];
    const [oa, ob] = [tf.train.momentum(0.1, 0.9), tf.train.momentum(0.1, 0.9)];
    const step = made(trainingStep(a, squaredError, oa), signature, { optimizers: [oa] });
    const eager = trainingStep(b, squaredError, ob);
    for (const n of [5, 3, 5, 1]) {
      const { loss } = await step.run(batch(n));
      expectClose(loss.data, eager(batch(n)).loss.dataSync(), `batch of ${n}`);
    }
    expect(step.programs.length).toBe(3);
    step.sync();
    expectSameWeights(a, b);
  });

  test('inputs may be typed arrays', async () => {
    const double = made(({ x }) => ({ y: x.mul(2) }), { x: { shape: [null, 2] } });
    const { y } = await double.run({ x: Float32Array.of(1, 2, 3, 4) });
    expect(y.shape).toEqual([2, 2]);
    expect(Array.from(y.data)).toEqual([2, 4, 6, 8]);
  });

  test('other compiled functions and TensorFlow.js see the weights a step left; assignments from outside are seen', async () => {
    const model = network();
    const optimizer = tf.train.sgd(0.1);
    const step = made(trainingStep(model, squaredError, optimizer), signature, { optimizers: [optimizer] });
    const forward = made(({ x }) => ({ p: model.apply(x) as tf.Tensor }), { x: signature.x });
    const { x } = batch();
    const before = (await forward.run({ x })).p.data.slice();
    await step.run(batch());
    const after = (await forward.run({ x })).p.data;
    expect(Array.from(after)).not.toEqual(Array.from(before));
    step.sync();
    expectClose(after, (model.predict(x) as tf.Tensor).dataSync(), 'after a step');
    model.setWeights(model.getWeights().map((w) => w.mul(0.5)));
    expectClose((await forward.run({ x })).p.data, (model.predict(x) as tf.Tensor).dataSync(), 'after setWeights');
    // An assignment wins over a step that was not written back yet.
    await step.run(batch());
    model.setWeights(model.getWeights().map((w) => tf.zerosLike(w)));
    step.sync();
    expect(model.getWeights().every((w) => w.abs().max().dataSync()[0] === 0)).toBe(true);
    expect(Math.max(...(await forward.run({ x })).p.data)).toBe(0);
  });

  test('frozen layers stay as they are', async () => {
    const [a, b] = [network(), network()];
    for (const model of [a, b]) model.layers[0].trainable = false;
    const [oa, ob] = [tf.train.adam(0.05), tf.train.adam(0.05)];
    const step = made(trainingStep(a, squaredError, oa), signature, { optimizers: [oa] });
    const eager = trainingStep(b, squaredError, ob);
    const start = a.layers[0].getWeights()[0].dataSync().slice();
    for (let i = 0; i < 3; i++) {
      await step.run(batch());
      eager(batch());
    }
    step.sync();
    expectSameWeights(a, b);
    expect(a.layers[0].getWeights()[0].dataSync()).toEqual(start);
  });

  test('moving statistics of batch normalisation move as in TensorFlow.js', async () => {
    const [a, b] = [
      network(tf.layers.batchNormalization({ momentum: 0.9 })),
      network(tf.layers.batchNormalization({ momentum: 0.9 })),
    ];
    const [oa, ob] = [tf.train.sgd(0.05), tf.train.sgd(0.05)];
    const step = made(trainingStep(a, squaredError, oa), signature, { optimizers: [oa] });
    const eager = trainingStep(b, squaredError, ob);
    for (let i = 0; i < 3; i++) {
      await step.run(batch(5, i + 1));
      eager(batch(5, i + 1));
    }
    step.sync();
    expectSameWeights(a, b);
  });

  test('a model saved after training has the trained weights', async () => {
    const model = network();
    const optimizer = tf.train.sgd(0.1);
    const step = made(trainingStep(model, squaredError, optimizer), signature, { optimizers: [optimizer] });
    await step.run(batch());
    step.sync();
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const loaded = await tf.loadLayersModel(tf.io.fromMemory(saved!));
    const forward = made(({ x }) => ({ p: model.apply(x) as tf.Tensor }), { x: signature.x });
    const { x } = batch();
    expectClose((await forward.run({ x })).p.data, (loaded.predict(x) as tf.Tensor).dataSync(), 'loaded');
  });
});
