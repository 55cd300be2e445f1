import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { accumulated } from '../../src/optimizers/accumulated.ts';
import { adamW, decayed } from '../../src/optimizers/adam-w.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { clipped } from '../../src/optimizers/clipped.ts';
import { withAverages } from '../../src/optimizers/with-averages.ts';
import { classifier, digits, values } from '../support/small.ts';

const { x, y, n } = digits();
const size = 10;
let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Grads = { [name: string]: tf.Tensor };

/** Plain TensorFlow.js: the gradient of each batch in order is handed to `update`. */
function reference(update: (grads: Grads, variables: tf.Variable[], step: number) => void, epochs = 2): number[][] {
  const model = classifier();
  const variables = model.trainableWeights.map((weight) => (weight as unknown as { read(): tf.Variable }).read());
  const [inputs, targets] = [tf.tensor2d(x.data as Float32Array, [n, 8]), tf.tensor2d(y.data as Float32Array, [n, 3])];
  for (let step = 0; step < (epochs * n) / size; step++) {
    tf.tidy(() => {
      const at = [(step * size) % n, 0] as [number, number];
      const loss = () => {
        const p = model.apply(tf.slice(inputs, at, [size, 8]), { training: true }) as tf.Tensor;
        return tf.mean(tf.metrics.categoricalCrossentropy(tf.slice(targets, at, [size, 3]), p)) as tf.Scalar;
      };
      update(tf.variableGrads(loss, variables).grads, variables, step);
    });
  }
  return values(model);
}

const sgd = (grads: Grads, variables: tf.Variable[], rate: number) => {
  for (const variable of variables) variable.assign(tf.sub(variable, tf.mul(grads[variable.name], rate)));
};
const map = (grads: Grads, f: (gradient: tf.Tensor) => tf.Tensor): Grads =>
  Object.fromEntries(Object.entries(grads).map(([name, gradient]) => [name, f(gradient)]));
const shorten = (gradient: tf.Tensor, norm: number, most: number) =>
  norm > most ? tf.mul(gradient, most / norm) : gradient;
const normOf = (all: tf.Tensor[]) =>
  Math.sqrt(all.reduce((sum, gradient) => sum + tf.sum(tf.square(gradient)).dataSync()[0], 0));

/** A reference, and the optimizer that does the same. */
const cases: { name: string; make: () => tf.Optimizer; by: () => number[][] }[] = [
  {
    name: 'clipValue',
    make: () => clipped(tf.train.sgd(0.2), { clipValue: 0.01 }),
    by: () =>
      reference((grads, v) =>
        sgd(
          map(grads, (g) => tf.clipByValue(g, -0.01, 0.01)),
          v,
          0.2,
        ),
      ),
  },
  {
    name: 'clipNorm',
    make: () => clipped(tf.train.sgd(0.2), { clipNorm: 0.05 }),
    by: () =>
      reference((grads, v) =>
        sgd(
          map(grads, (g) => shorten(g, normOf([g]), 0.05)),
          v,
          0.2,
        ),
      ),
  },
  {
    name: 'globalClipNorm',
    make: () => clipped(tf.train.sgd(0.2), { globalClipNorm: 0.05 }),
    by: () =>
      reference((grads, v) => {
        const norm = normOf(Object.values(grads));
        sgd(
          map(grads, (g) => shorten(g, norm, 0.05)),
          v,
          0.2,
        );
      }),
  },
  {
    name: 'adamW',
    make: () => adamW(0.02, { weightDecay: 0.1 }),
    by: () => {
      const moments = new Map<string, [tf.Tensor, tf.Tensor]>();
      return reference((grads, variables, step) => {
        for (const variable of variables) {
          const g = grads[variable.name];
          const [m, s] = moments.get(variable.name) ?? [tf.zerosLike(g), tf.zerosLike(g)];
          const first = tf.keep(tf.add(tf.mul(m, 0.9), tf.mul(g, 0.1)));
          const second = tf.keep(tf.add(tf.mul(s, 0.999), tf.mul(tf.square(g), 0.001)));
          moments.set(variable.name, [first, second]);
          const mean = tf.div(first, 1 - 0.9 ** (step + 1));
          const root = tf.sqrt(tf.div(second, 1 - 0.999 ** (step + 1)));
          const decay = tf.mul(variable, 1 - 0.02 * 0.1);
          variable.assign(tf.sub(decay, tf.mul(tf.div(mean, tf.add(root, 1e-7)), 0.02)));
        }
      });
    },
  },
  {
    name: 'sgd with decoupled decay',
    make: () => decayed(tf.train.sgd(0.2), { weightDecay: 0.1 }),
    by: () =>
      reference((grads, variables) => {
        for (const v of variables) v.assign(tf.sub(tf.mul(v, 1 - 0.02), tf.mul(grads[v.name], 0.2)));
      }),
  },
  {
    name: 'accumulated momentum',
    make: () => accumulated(tf.train.momentum(0.1, 0.9), 3),
    by: () => {
      const optimizer = tf.train.momentum(0.1, 0.9);
      let sums: Grads = {};
      return reference((grads, _, step) => {
        sums = Object.fromEntries(
          Object.entries(grads).map(([name, g]) => [name, tf.keep(tf.add(sums[name] ?? 0, tf.div(g, 3)))]),
        );
        if (step % 3 !== 2) return;
        optimizer.applyGradients(Object.entries(sums).map(([name, tensor]) => ({ name, tensor })));
        sums = {};
      });
    },
  },
];

const close = (got: number[][], expected: number[][]) => {
  for (const [k, list] of expected.entries()) {
    for (const [i, value] of list.entries()) expect(got[k][i]).toBeCloseTo(value, 4);
  }
};

describe.each(['eager', 'compiled'] as const)('%s', (engine) => {
  const args = { engine, method: uniform(), batchSize: size, shuffle: false, verbose: 0 } as const;

  it.each(cases)('$name is what plain TensorFlow.js makes of it', async ({ make, by }) => {
    const model = classifier(make());
    await fit(model, x, y, { ...args, epochs: 2 });
    close(values(model), by());
  });

  it('the average is what plain TensorFlow.js makes of it, and is validated with', async () => {
    const averages = new Map<string, tf.Tensor>();
    let [count, t] = [0, 0];
    const last = reference((grads, variables) => {
      sgd(grads, variables, 0.2);
      t++;
      for (const v of variables) {
        averages.set(v.name, tf.keep(tf.add(tf.mul(averages.get(v.name) ?? 0, 0.9), tf.mul(v, 0.1))));
      }
      count = 1 - 0.9 ** t;
    });
    const expected = [...averages.values()].map((a) => Array.from(tf.div(a, count).dataSync()));
    const model = classifier(averaged(tf.train.sgd(0.2), { decay: 0.9 }));
    const { history } = await fit(model, x, y, { ...args, epochs: 2, validationData: [x, y] });
    close(values(model), last);
    await withAverages(model, async () => {
      close(values(model), expected);
      const inputs = tf.tensor2d(x.data as Float32Array, [n, 8]);
      const [loss] = model.evaluate(inputs, tf.tensor2d(y.data as Float32Array, [n, 3])) as tf.Scalar[];
      expect(history.val_loss.at(-1)).toBeCloseTo(loss.dataSync()[0], 4);
    });
    close(values(model), last);
  });

  it('all of them go on from a checkpoint, bit for bit', async () => {
    const make = () =>
      accumulated(averaged(clipped(adamW(0.02, { weightDecay: 0.1 }), { globalClipNorm: 0.1 }), { decay: 0.9 }), 4);
    const path = join(folder, engine);
    const run = async (epochs: number, more = {}) => {
      const model = classifier(make());
      const { history } = await fit(model, x, y, {
        ...args,
        seed: 3,
        shuffle: true,
        epochs,
        validationData: [x, y],
        ...more,
      });
      return { weights: values(model), history };
    };
    const whole = await run(5);
    await run(2, { checkpoint: { path } });
    expect(await run(5, { resume: path })).toEqual(whole);
  });
});

it.each([0, -1, Number.NaN, 'x'])('refuses %s', (bad) => {
  expect(() => clipped(tf.train.sgd(1), { clipNorm: bad as number })).toThrow('bad clipNorm');
  expect(() => accumulated(tf.train.sgd(1), bad as number)).toThrow('bad number');
});
