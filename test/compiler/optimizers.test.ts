/** Every optimizer the coverage table names: five steps leave the same weights and slots as on the `cpu` backend. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Compiled, compile } from '../../src/compiler/index.ts';
import { expectClose, noise, seedWeights, trainingStep } from './agree.ts';
import { optimizers } from './optimizer-cases.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function network(): tf.LayersModel {
  const layers = [
    tf.layers.dense({ units: 6, activation: 'tanh', inputShape: [5] }),
    tf.layers.dense({ units: 3, activation: 'softmax' }),
  ];
  const model = tf.sequential({ layers });
  seedWeights(model);
  return model;
}

const crossEntropy = (y: tf.Tensor, p: tf.Tensor): tf.Tensor => y.mul(p.log()).sum(1).neg();
const batch = (): { x: tf.Tensor; y: tf.Tensor } => ({
  x: noise([7, 5], 5),
  y: tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 1], 'int32'), 3).toFloat(),
});
const signature = { x: { shape: [null, 5] }, y: { shape: [null, 3] } };

/** One model trained compiled, its twin eagerly. */
function twins(make: () => tf.Optimizer) {
  const [a, b] = [network(), network()];
  const [oa, ob] = [make(), make()];
  const compiled = compile(trainingStep(a, crossEntropy, oa), signature, { optimizers: [oa] });
  return { a, oa, compiled, eager: trainingStep(b, crossEntropy, ob), b, ob };
}

function expectSameWeights(a: tf.LayersModel, b: tf.LayersModel): void {
  const expected = b.getWeights();
  for (const [i, w] of a.getWeights().entries()) expectClose(w.dataSync(), expected[i].dataSync(), a.weights[i].name);
}

async function expectSameSlots(a: tf.Optimizer, b: tf.Optimizer): Promise<void> {
  if (a.getClassName() === 'Adamax') return;
  const [p, q] = [await a.getWeights(), await b.getWeights()];
  expect(p.length).toBe(q.length);
  for (const [i, w] of p.entries()) expectClose(w.tensor.dataSync(), q[i].tensor.dataSync(), `slot ${w.name}`);
}

async function steps(
  count: number,
  compiled: Compiled,
  eager: (i: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const actual = await compiled.run(batch());
    for (const [name, tensor] of Object.entries(eager(batch())))
      expectClose(actual[name].data, tensor.dataSync(), `step ${i}: ${name}`);
  }
}

describe.each(Object.entries(optimizers))('%s', (_, make) => {
  test('five steps, then the learning rate changes, then it goes on eagerly', async () => {
    const { a, oa, b, ob, compiled, eager } = twins(make);
    await steps(5, compiled, eager);
    for (const o of [oa, ob]) {
      if ('setLearningRate' in o) (o as tf.SGDOptimizer).setLearningRate(0.02);
      else (o as unknown as { learningRate: number }).learningRate = 0.02;
    }
    await steps(2, compiled, eager);
    expect(compiled.programs.length).toBe(1);
    compiled.sync();
    expectSameWeights(a, b);
    expect(oa.iterations).toBe(ob.iterations);
    await expectSameSlots(oa, ob);
    // Eagerly on, with the slots the compiled steps left.
    const onward = trainingStep(a, crossEntropy, oa);
    for (let i = 0; i < 3; i++) {
      onward(batch());
      eager(batch());
    }
    expectSameWeights(a, b);
    // And compiled again: the slots assigned meanwhile are noticed.
    await steps(2, compiled, eager);
    compiled.sync();
    expectSameWeights(a, b);
    await compiled.dispose();
  });

  test('slots that exist before compiling are used', async () => {
    const { a, oa, b, compiled, eager } = twins(make);
    trainingStep(a, crossEntropy, oa)(batch());
    eager(batch());
    await steps(3, compiled, eager);
    await compiled.dispose();
    expectSameWeights(a, b);
  });
});

test('gradients may be clipped', async () => {
  const [a, b] = [network(), network()];
  const [oa, ob] = [tf.train.sgd(0.1), tf.train.sgd(0.1)];
  const clipped =
    (model: tf.LayersModel, optimizer: tf.Optimizer) =>
    ({ x, y }: Record<string, tf.Tensor>) => {
      const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
      const { value, grads } = tf.variableGrads(() => crossEntropy(y, model.apply(x) as tf.Tensor).mean(), variables);
      const norm = tf.addN(Object.values(grads).map((g) => g.square().sum())).sqrt();
      const scale = tf.minimum(1, tf.div(0.1, norm));
      const bounded: tf.NamedTensorMap = {};
      for (const name of Object.keys(grads)) bounded[name] = grads[name].mul(scale).clipByValue(-0.05, 0.05);
      optimizer.applyGradients(bounded);
      return { loss: value, norm };
    };
  const compiled = compile(clipped(a, oa), signature, { optimizers: [oa] });
  await steps(3, compiled, clipped(b, ob));
  await compiled.dispose();
  expectSameWeights(a, b);
});
