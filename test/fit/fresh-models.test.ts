import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import { irreducibleLosses } from '../../src/fit/irreducible-losses.ts';
import { race } from '../../src/fit/race.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const { x, y } = digits();
const samples = arraySamples(x, y);
const twice = [uniform(), { ...uniform(), name: 'again' }];
const ticking = () => {
  let now = 0;
  return () => {
    now += 0.01;
    return now;
  };
};
const racing = (make: () => tf.LayersModel, tell?: (name: string, loss: number) => void) =>
  race(make, samples, twice, {
    ...{ engine: 'eager', seconds: 1, now: ticking(), batchSize: 10, seed: 1, trainPart: 60 },
    onStep: (name, { loss }) => tell?.(name, loss),
  });
const scoring = (make: () => tf.LayersModel) => irreducibleLosses(make, samples, { engine: 'eager', epochs: 1 });

/** On top of layers that all models have. */
function onTop(base: tf.layers.Layer): tf.LayersModel {
  const model = tf.sequential({ layers: [base, tf.layers.dense({ units: 3, activation: 'softmax' })] });
  model.compile({ optimizer: tf.train.adam(0.1), loss: 'categoricalCrossentropy' });
  return model;
}
const base = () => tf.layers.dense({ units: 4, inputShape: [8] });

describe.each([
  ['race', racing],
  ['irreducibleLosses', scoring],
])('%s refuses models that train each other, before a step is made', (name, run) => {
  it('one optimizer for all', async () => {
    const optimizer = tf.train.adam(0.05);
    const made: tf.LayersModel[] = [];
    const make = () => {
      made.push(classifier(optimizer));
      return made.at(-1)!;
    };
    const before = values(classifier());
    await expect(run(make)).rejects.toThrow(
      new RegExp(`^two models of ${name} have the same optimizer: .*make the optimizer within makeModel`),
    );
    for (const model of made) expect(values(model)).toEqual(before);
    // It is the user's, and still works.
    await made[0].fit(tf.tensor2d(x.data as Float32Array, [60, 8]), tf.tensor2d(y.data as Float32Array, [60, 3]), {
      verbose: 0,
    });
  });

  it('one model for all, and a trained layer of all', async () => {
    const model = classifier();
    await expect(run(() => model)).rejects.toThrow(/have the same model.*make the model within makeModel/);
    const shared = base();
    await expect(run(() => onTop(shared))).rejects.toThrow(/have the same layer .*kernel.*make the layer within/);
  });
});

it('race takes a frozen layer of all', async () => {
  const shared = base();
  shared.trainable = false;
  await racing(() => onTop(shared));
});

it('a method that is raced twice makes the same steps twice', async () => {
  const losses = { uniform: [] as number[], again: [] as number[] };
  await racing(
    () => classifier(tf.train.adam(0.05)),
    (name, loss) => losses[name as 'again'].push(loss),
  );
  expect(losses.uniform.length).toBeGreaterThan(5);
  expect(losses.again).toEqual(losses.uniform);
});
