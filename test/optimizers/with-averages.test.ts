/** Averages that are looked at while other things go on: each sees the averages, and the weights are what they would have been. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { advise } from '../../src/advice/advise.ts';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { svrg } from '../../src/methods/variance-reduced/svrg.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { withAverages } from '../../src/optimizers/with-averages.ts';

beforeAll(() => tf.setBackend('cpu'));

const x = tf.tensor2d([
  [1, 0],
  [0, 1],
  [1, 1],
  [0, 0],
]);
const y = tf.tensor2d([[3], [1], [4], [0]]);
const args = { epochs: 20, batchSize: 2, verbose: 0, seed: 1, method: uniform() } as const;

function make(): tf.Sequential {
  const layers = [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'ones' })];
  const model = tf.sequential({ layers });
  model.compile({ optimizer: averaged(tf.train.sgd(0.05), { decay: 0.95 }), loss: 'meanSquaredError' });
  return model;
}

const kernel = (model: tf.LayersModel) => Array.from(model.getWeights()[0].dataSync());

it('two that look at once both see the averages, and the weights come back when the last is done', async () => {
  const model = make();
  await fit(model, x, y, args);
  const own = kernel(model);
  const averages = await withAverages(model, async () => kernel(model));
  expect(averages).not.toEqual(own);
  const look = (ms: number) =>
    withAverages(model, async () => {
      await sleep(ms);
      return kernel(model);
    });
  expect(await Promise.all([look(5), look(20), look(1)])).toEqual([averages, averages, averages]);
  expect(kernel(model)).toEqual(own);
});

it.each(['eager', 'compiled'] as const)('a training goes on as if nobody looked, %s', async (engine) => {
  const alone = make();
  const expected = await fit(alone, x, y, { ...args, engine });
  const model = make();
  const looks: Promise<void>[] = [];
  const look = async () => {
    const first = kernel(model);
    await sleep(2);
    expect(kernel(model)).toEqual(first);
  };
  const onStep = ({ step }: { step: number }) => {
    if (step % 5 === 0) looks.push(withAverages(model, look));
  };
  const { history } = await fit(model, x, y, { ...args, engine, onStep });
  await Promise.all(looks);
  expect(looks).toHaveLength(8);
  expect(history.loss).toEqual(expected.history.loss);
  expect(kernel(model)).toEqual(kernel(alone));
});

it('what is assigned meanwhile stays', async () => {
  const model = make();
  await fit(model, x, y, args);
  const [, bias] = model.getWeights().map((weight) => Array.from(weight.dataSync()));
  await withAverages(model, async () => {
    model.layers[0].setWeights([tf.tensor2d([[7], [8]]), tf.tensor1d(bias)]);
  });
  expect(kernel(model)).toEqual([7, 8]);
});

it('a training of the averages is refused', async () => {
  const model = make();
  await fit(model, x, y, args);
  const own = kernel(model);
  await expect(withAverages(model, () => fit(model, x, y, args))).rejects.toThrow(/are their averages for now.*wait/);
  expect(kernel(model)).toEqual(own);
});

it('an advice on the averages is refused, and leaves the model as it was', async () => {
  const model = make();
  await fit(model, x, y, args);
  const own = kernel(model);
  const advised = withAverages(model, () => advise(model, x, y, { seconds: 0.1, batchSize: 2 }));
  await expect(advised).rejects.toThrow(/are their averages for now/);
  expect(kernel(model)).toEqual(own);
});

it('a checkpoint that is written meanwhile has the weights', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'unequal-')), 'ck');
  const model = make();
  let looks: Promise<void> | undefined;
  const look = () => {
    looks ??= withAverages(model, () => sleep(50));
  };
  const onStep = ({ step }: { step: number }) => void (step === 11 && look());
  await fit(model, x, y, { ...args, epochs: 6, checkpoint: { path, every: 12 }, onStep });
  await looks;
  const resumed = make();
  await fit(resumed, x, y, { ...args, resume: path });
  const whole = make();
  await fit(whole, x, y, args);
  expect(kernel(resumed)).toEqual(kernel(whole));
});

it('svrg looks over the data with the weights', async () => {
  const [alone, looked] = [make(), make()];
  await fit(alone, x, y, { ...args, method: svrg() });
  const looks: Promise<void>[] = [];
  const onStep = () => void looks.push(withAverages(looked, () => sleep(1)));
  await fit(looked, x, y, { ...args, method: svrg(), onStep });
  await Promise.all(looks);
  expect(kernel(looked)).toEqual(kernel(alone));
});
