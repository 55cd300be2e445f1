import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/index.ts';
import { lstm } from '../../src/models/lstm.ts';
import { mlp } from '../../src/models/mlp.ts';
import { smallCnn } from '../../src/models/small-cnn.ts';
import { wideResnet } from '../../src/models/wide-resnet.ts';
import { difference } from './kernels.ts';

interface Floats {
  shape: number[];
  data: string;
}

/** What scripts/pytorch-fixtures.py writes. */
interface Fixture {
  rate: number;
  momentum: number;
  weights: Floats[];
  x: Floats;
  labels: number[];
  /** Every so many numbers of each gradient. */
  gradients: (Floats & { every: number })[];
  losses: number[];
}

const read = (name: string): Fixture =>
  JSON.parse(readFileSync(new URL(`../fixtures/pytorch/${name}.json`, import.meta.url), 'utf8'));

function numbers({ data }: Floats): Float32Array {
  const bytes = new Uint8Array(Buffer.from(data, 'base64'));
  return new Float32Array(bytes.buffer);
}

const tensor = (f: Floats): tf.Tensor => tf.tensor(numbers(f), f.shape);

const nets: [string, () => tf.LayersModel][] = [
  ['small-cnn', () => smallCnn({ inputShape: [8, 8, 3] })],
  ['wide-resnet', () => wideResnet({ depth: 10, width: 1, inputShape: [8, 8, 3] })],
  ['mlp', () => mlp({ inputSize: 12, hidden: [16, 16] })],
  ['lstm', () => lstm({ steps: 12, units: 8 })],
];

/** Gives a model the weights of the fixture, and returns its variables in their order: that in which its layers were made. */
function assign(model: tf.LayersModel, fixture: Fixture): tf.Variable[] {
  const variables = model.trainableWeights.map((w) => w.read() as tf.Variable);
  const order = inConstructionOrder(model, variables);
  order.forEach((variable, i) => {
    expect(variable.shape, variable.name).toEqual(fixture.weights[i].shape);
    variable.assign(tensor(fixture.weights[i]));
  });
  return order;
}

function inConstructionOrder(model: tf.LayersModel, variables: tf.Variable[]): tf.Variable[] {
  const layers = [...model.layers].sort((a, b) => a.id - b.id);
  const order = layers.flatMap((layer) => layer.trainableWeights.map((w) => w.read() as tf.Variable));
  expect(new Set(order)).toEqual(new Set(variables));
  return order;
}

function step(model: tf.LayersModel, variables: tf.Variable[], optimizer: tf.Optimizer) {
  return ({ x, y }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const losses = () => tf.metrics.categoricalCrossentropy(y, model.apply(x, { training: true }) as tf.Tensor);
    const { value, grads } = tf.variableGrads(() => losses().mean() as tf.Scalar, variables);
    optimizer.applyGradients(grads);
    return { loss: value, ...Object.fromEntries(variables.map((v, i) => [`gradient${i}`, grads[v.name]])) };
  };
}

beforeAll(async () => {
  await tf.setBackend('cpu');
});

describe.each(nets)('%s takes the steps PyTorch takes', (name, make) => {
  const fixture = read(name);
  const y = () => tf.oneHot(tf.tensor1d(fixture.labels, 'int32'), 10).toFloat();

  /** Loss and gradients relative to their own size; gradients that all but cancel, relative to a small fraction of the others'. */
  function check(k: number, loss: number, gradient: (i: number) => ArrayLike<number>): void {
    expect(Math.abs(loss - fixture.losses[k]) / fixture.losses[k], `loss ${k}`).toBeLessThan(1e-4);
    if (k > 0) return;
    const all = fixture.gradients.map(numbers);
    const largest = Math.max(...all.map((g) => g.reduce((a, b) => Math.max(a, Math.abs(b)), 0)));
    all.forEach((want, i) => {
      const { every } = fixture.gradients[i];
      const got = Array.from(gradient(i)).filter((_, k) => k % every === 0);
      expect(got.length, `gradient ${i}`).toBe(want.length);
      expect(difference(got, want, largest / 20), `gradient ${i}`).toBeLessThan(1e-4);
    });
  }

  it('compiled', async () => {
    const model = make();
    const variables = assign(model, fixture);
    const optimizer = tf.train.momentum(fixture.rate, fixture.momentum);
    const x = tensor(fixture.x);
    const signature = { x: { shape: x.shape }, y: { shape: [x.shape[0], 10] } };
    const compiled = compile(step(model, variables, optimizer), signature, { optimizers: [optimizer] });
    for (let k = 0; k < fixture.losses.length; k++) {
      const outputs = await compiled.run({ x, y: y() });
      check(k, outputs.loss.data[0], (i) => outputs[`gradient${i}`].data);
    }
    await compiled.dispose();
  });

  it('eager', () => {
    const model = make();
    const variables = assign(model, fixture);
    const run = step(model, variables, tf.train.momentum(fixture.rate, fixture.momentum));
    for (let k = 0; k < fixture.losses.length; k++) {
      const outputs = run({ x: tensor(fixture.x), y: y() });
      check(k, outputs.loss.dataSync()[0], (i) => outputs[`gradient${i}`].dataSync());
    }
  });
});
