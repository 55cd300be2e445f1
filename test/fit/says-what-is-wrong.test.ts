/** Errors of what `model.compile` was given: they name it, and no word of speed comes before them. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const [x, y] = [tf.randomNormal([32, 4]), tf.randomNormal([32, 1])];
const squares = (a: tf.Tensor, b: tf.Tensor) => tf.mean(tf.square(tf.sub(a, b)), -1);

function made(args: object): tf.LayersModel {
  const { dense } = tf.layers;
  const layers = [dense({ units: 3, inputShape: [4] }), dense({ units: 1, name: 'last' })];
  const model = tf.sequential({ layers });
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError', ...args } as never);
  return model;
}

let warn: MockInstance<typeof console.warn>;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => warn.mockRestore());

const quiet = { epochs: 1, batchSize: 16, verbose: 0 } as const;
const ways = [{ method: uniform() }, {}, { seed: 1 }, { engine: 'compiled' }, { engine: 'eager' }] as const;

/** What `fit` says in each way of training, all of them the same. */
async function says(make: () => tf.LayersModel, expected: RegExp, targets: unknown = y): Promise<void> {
  for (const way of ways) {
    const model = make();
    warn.mockClear();
    await expect(fit(model, x, targets as tf.Tensor, { ...quiet, ...way }), JSON.stringify(way)).rejects.toThrow(
      expected,
    );
    expect(warn.mock.calls.flat().join('\n')).not.toMatch(/slower/);
  }
}

describe('a loss or a metric that returns no tensor', () => {
  const perSample = 'return a tensor with one number for each sample';
  it.each<[string, unknown, string]>([
    ['is async', async (a: tf.Tensor, b: tf.Tensor) => squares(a, b), 'got a Promise, as of an async function'],
    // Nobody waits for what it fails with.
    ['is async and fails', async () => Number('no').toFixed(1000), 'got a Promise'],
    ['gives a number', () => 3, 'got 3'],
    ['forgets its return', (a: tf.Tensor, b: tf.Tensor) => void squares(a, b), 'got undefined'],
    ['gives a list', (a: tf.Tensor, b: tf.Tensor) => [squares(a, b)], 'got a list'],
  ])('a loss that %s', async (_, loss, got) => {
    await says(() => made({ loss }), new RegExp(`the loss of last returns no tensor: ${got}.*${perSample}`));
  });
  it.each<[string, unknown, string]>([
    ['is async', async (a: tf.Tensor, b: tf.Tensor) => squares(a, b), 'returns no tensor: got a Promise'],
    ['forgets its return', function forgets() {}, 'forgets returns no tensor: got undefined'],
    ['is no function', 3, 'is no function: got 3'],
  ])('a metric that %s', async (_, metric, got) => {
    await says(() => made({ metrics: [metric] }), new RegExp(`metric ${got}`));
  });
  it('a number will do for a metric, as in model.fit', async () => {
    const { history } = await fit(made({ metrics: [() => 3] }), x, y, { ...quiet });
    expect(Object.values(history).flat()).toContain(3);
  });
});

it('an output without a loss is named', async () => {
  let count = 0;
  const make = () => {
    const input = tf.input({ shape: [4] });
    const output = (name: string) =>
      tf.layers.dense({ units: 1, name: `${name}${count++}` }).apply(input) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: [output('with'), output('without')] });
    model.compile({ optimizer: 'sgd', loss: { [model.outputNames[0]]: 'meanSquaredError' } });
    return model;
  };
  await says(make, /the loss of without\d+ is no function: got nothing.*model\.compile/, [y, y]);
});

it('what TensorFlow.js says of a model that cannot be trained comes alone', async () => {
  await says(() => made({ loss: (a: tf.Tensor) => tf.mean(a, -1) }), /Cannot find a connection/);
  const frozen = () => {
    const model = made({});
    for (const layer of model.layers) layer.trainable = false;
    return model;
  };
  await says(frozen, /none of the 4 variables is trainable/);
});

it.each(['sgd', 'adam', 'momentum', 'rmsprop'] as const)('an optimizer that is disposed: %s', async (name) => {
  const optimizer = () => (name === 'momentum' ? tf.train.momentum(0.01, 0.9) : tf.train[name](0.01));
  for (const way of ways) {
    const model = made({ optimizer: optimizer() });
    await fit(model, x, y, { ...quiet, ...way });
    model.optimizer.dispose();
    await expect(fit(model, x, y, { ...quiet, ...way })).rejects.toThrow(
      /the optimizer of the model is disposed.*call model\.compile again/,
    );
    model.compile({ optimizer: optimizer(), loss: 'meanSquaredError' });
    await fit(model, x, y, { ...quiet, ...way });
  }
});
