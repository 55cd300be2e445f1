/** Recurrent cells of a program's own, whose steps in time are not all one. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { withoutClosures } from '../learner/own-code/without-closures.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const steps = 6;
const x = tf.randomUniform<tf.Rank.R3>([24, steps, 3], -1, 1, 'float32', 3);
const y = tf.sum(x, [1, 2]).reshape([24, 1]);
const glorot = (seed: number) => tf.initializers.glorotUniform({ seed });

/** What a cell makes of its weighed input and its state. */
type Law = (x: tf.Tensor, h: tf.Tensor) => tf.Tensor;

let cells = 0;
function own(law: Law): tf.layers.Layer {
  class Cell extends tf.layers.Layer {
    static className = `OwnCell${cells++}`;
    readonly stateSize = 4;
    #w!: tf.LayerVariable;
    override build([, features]: tf.Shape) {
      this.#w = this.addWeight('w', [features as number, 4], 'float32', glorot(1));
      this.built = true;
    }
    override call([x, h]: tf.Tensor[]) {
      const next = law(tf.matMul(x, this.#w.read()), h);
      return [next, next];
    }
  }
  return new Cell({});
}

function recurrent(law: Law): tf.Sequential {
  const cell = own(law) as never;
  const layers = [
    tf.layers.rnn({ cell, inputShape: [steps, 3] }),
    tf.layers.dense({ units: 1, kernelInitializer: glorot(2) }),
  ];
  const model = tf.sequential({ layers });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  return model;
}

const plain = { epochs: 2, batchSize: 8, shuffle: false, verbose: 0 } as const;
/** Largest difference of the weights after training. */
async function difference(
  make: () => tf.Sequential,
  theirs: (model: tf.Sequential) => Promise<unknown>,
): Promise<number> {
  const [a, b] = [make(), make()];
  await theirs(a);
  await fit(b, x, y, { ...plain, method: uniform(), engine: 'compiled', seed: 5 });
  const [want, got] = [values(a).flat(), values(b).flat()];
  return Math.max(...want.map((value, k) => Math.abs(value - got[k])));
}
const byModelFit = (model: tf.Sequential) => model.fit(x, y, plain);

it('a cell that computes the same in all steps is a loop', async () => {
  expect(await difference(() => recurrent((x, h) => tf.tanh(tf.add(x, h))), byModelFit)).toBeLessThan(1e-5);
});

/** One that counts its calls in a closure. */
function counting(period: number) {
  let calls = 0;
  return recurrent((x, h) => tf.tanh(tf.add(++calls % period === 0 ? tf.mul(x, 0.5) : x, h)));
}

async function isRefused(model: tf.Sequential, words: RegExp) {
  const before = values(model);
  await expect(fit(model, x, y, { ...plain, method: uniform(), engine: 'compiled' })).rejects.toThrow(words);
  expect(values(model)).toEqual(before);
}

it('one that counts its calls in a closure is not compiled', () =>
  isRefused(counting(2), /keeps something from call to call: got the layer .*changes calls.*use engine: 'eager'/s));

describe('nor is it where nobody sees what it calls, if it changes', () => {
  withoutClosures();
  it.each([2, 3, 5])('every %i calls', (period) =>
    isRefused(
      counting(period),
      /the cell of the layer .* computes something else from one step in time to another.*use engine: 'eager'/s,
    ),
  );
});

it('one that counts in a variable counts all steps', async () => {
  const counts: tf.Variable[] = [];
  const make = () => {
    const count = tf.variable(tf.scalar(0), false);
    counts.push(count);
    const model = recurrent((x, h) => {
      count.assign(tf.add(count, 1));
      return tf.tanh(tf.add(tf.mul(x, tf.div(1, count)), h));
    });
    count.assign(tf.scalar(0));
    return model;
  };
  expect(await difference(make, byModelFit)).toBeLessThan(1e-5);
  const [theirs, ours] = counts.map((count) => count.dataSync()[0]);
  expect(ours).toBe(theirs);
});

it('one that draws noise draws it anew in every step', async () => {
  // The sum of 6 draws has 6 times their variance; of one that is taken 6 times, 36 times.
  const loss = async (engine: 'eager' | 'compiled') => {
    const model = recurrent((x, h) => tf.add(tf.add(h, tf.randomNormal(h.shape)), tf.mul(x, 0)));
    model.optimizer = tf.train.sgd(0);
    const { history } = await fit(model, x, tf.zerosLike(y), {
      ...plain,
      epochs: 20,
      method: uniform(),
      engine,
      seed: 5,
    });
    return (history.loss as number[]).reduce((a, b) => a + b) / 20;
  };
  const ratio = (await loss('compiled')) / (await loss('eager'));
  expect(ratio).toBeGreaterThan(0.7);
  expect(ratio).toBeLessThan(1.4);
});

it('one in a stack with a cell that has dropout', async () => {
  const ones = own((x, h) => tf.add(tf.mul(tf.add(x, h), 0), 1));
  const initial = { kernelInitializer: 'ones', recurrentInitializer: 'zeros', useBias: false } as const;
  const dropping = tf.layers.simpleRNNCell({ units: 1, dropout: 0.5, activation: 'linear', ...initial });
  const cell = tf.layers.stackedRNNCells({ cells: [ones, dropping] } as never) as never;
  const model = tf.sequential({ layers: [tf.layers.rnn({ cell, inputShape: [steps, 3] }) as tf.layers.Layer] });
  model.compile({ optimizer: tf.train.sgd(0), loss: 'meanSquaredError' });
  const args = { ...plain, epochs: 20, method: uniform(), engine: 'compiled', seed: 5 } as const;
  const { history } = await fit(model, x, tf.fill([24, 1], 4), args);
  // Four ones, of which each is dropped or doubled: the variance of the sum is 4; four standard errors of 480 are 0.9.
  const losses = history.loss as number[];
  expect(Math.abs(losses.reduce((a, b) => a + b) / losses.length - 4)).toBeLessThan(0.9);
  expect(new Set(losses).size).toBeGreaterThan(1);
});
