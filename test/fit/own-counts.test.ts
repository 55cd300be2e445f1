/** Code of a model that counts its calls, as people write it: what it gives at each step is what model.fit's steps have. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset().mockImplementation(() => {}));
afterEach(() => void warn.mockReset());

const x = tf.randomNormal<tf.Rank.R2>([96, 4], 0, 1, 'float32', 1);
const y = tf.sum(x, 1, true);
const args = { epochs: 5, batchSize: 16, shuffle: false, verbose: 0 } as const;

type Loss = (t: tf.Tensor, p: tf.Tensor) => tf.Tensor;
const apart: Loss = (t, p) => tf.mean(tf.square(tf.sub(t, p)), -1);
/** A step up after every ten batches. */
const beta = (n: number) => 0.1 + 0.3 * Math.floor(n / 10);
const weighted = (n: number, t: tf.Tensor, p: tf.Tensor) => tf.mul(beta(n), apart(t, p));

interface Program {
  readonly model: tf.LayersModel;
  readonly calls: () => number;
}

function program(calls: () => number, loss: unknown = 'meanSquaredError', change?: (hidden: tf.layers.Layer) => void) {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const hidden = tf.layers.dense({ units: 4, activation: 'tanh', inputShape: [4], kernelInitializer });
  const model = tf.sequential({ layers: [hidden, tf.layers.dense({ units: 1, kernelInitializer })] });
  change?.(hidden);
  model.compile({ optimizer: tf.train.sgd(0.02), loss: loss as string });
  return { model, calls };
}

class Annealed {
  n = 0;
  loss: Loss = (t, p) => {
    this.n++;
    return weighted(this.n, t, p);
  };
}

const programs: Record<string, () => Program> = {
  'a number': () => {
    let n = 0;
    return program(
      () => n,
      (t: tf.Tensor, p: tf.Tensor) => weighted(++n, t, p),
    );
  },
  'a field, in a loss that is a method': () => {
    const annealed = new Annealed();
    return program(() => annealed.n, annealed.loss);
  },
  'by another name': () => {
    const config = { kl: { n: 0 } };
    return program(
      () => config.kl.n,
      (t: tf.Tensor, p: tf.Tensor) => {
        const { kl } = config;
        kl.n += 1;
        return weighted(kl.n, t, p);
      },
    );
  },
  'an object that is asked': () => {
    const steps = { n: 0, count: () => ++steps.n };
    return program(
      () => steps.n,
      (t: tf.Tensor, p: tf.Tensor) => weighted(steps.count(), t, p),
    );
  },
  'Object.assign': () => {
    const state = { n: 0 };
    return program(
      () => state.n,
      (t: tf.Tensor, p: tf.Tensor) => {
        Object.assign(state, { n: state.n + 1 });
        return weighted(state.n, t, p);
      },
    );
  },
  'a term that a layer of TensorFlow.js adds to the loss': () => {
    let n = 0;
    return program(
      () => n,
      undefined,
      (hidden) => {
        const kernel = () => hidden.getWeights()[0];
        hidden.addLoss(() => tf.mul(beta(++n), tf.sum(tf.square(kernel()))));
      },
    );
  },
};

describe.each(Object.entries(programs))('%s', (_, make) => {
  const theirs = make();
  const fitted = theirs.model.fit(x, y, args);

  it.each<[string, Partial<FitArgs>]>([
    ['uniform sampling', { method: uniform() }],
    ['eager uniform sampling', { method: uniform(), engine: 'eager' }],
    // A model whose loss counts is trained uniformly; the order is kept so that it can be compared.
    ['the default', {}],
  ])('by %s', async (_, options) => {
    const ours = make();
    const { history } = await fit(ours.model, x, y, { ...args, ...options });
    const expected = (await fitted).history;
    for (const [epoch, loss] of (expected.loss as number[]).entries()) expect(history.loss[epoch]).toBeCloseTo(loss, 5);
    expect(ours.calls()).toBe(theirs.calls());
  });

  it('by importance sampling, of which the model is told that it cannot be', async () => {
    const ours = make();
    const calls: number[] = [];
    await fit(ours.model, x, y, { ...args, shuffle: true, onStep: () => void calls.push(ours.calls()) });
    expect(calls).toEqual(calls.map((_, k) => k + 1));
    expect(warn.mock.calls.flat()).toContainEqual(expect.stringMatching(/by uniform sampling.*more often than steps/));
  });
});

it('a term of the loss whose factor a callback sets is as it is set', async () => {
  const run = async (train: (model: tf.LayersModel, args: tf.ModelFitArgs) => Promise<{ history: object }>) => {
    let factor = 0;
    const { model } = program(
      () => 0,
      undefined,
      (hidden) => hidden.addLoss(() => tf.mul(factor, tf.sum(tf.square(hidden.getWeights()[0])))),
    );
    const onEpochBegin = async (epoch: number) => {
      factor = epoch / 4;
    };
    const { history } = await train(model, { ...args, callbacks: { onEpochBegin } });
    return (history as { loss: number[] }).loss;
  };
  const expected = await run((model, args) => model.fit(x, y, args));
  for (const engine of ['auto', 'compiled', 'eager'] as const) {
    const got = await run((model, args) => fit(model, x, y, { ...args, method: uniform(), engine } as never));
    for (const [epoch, loss] of expected.entries()) expect(got[epoch]).toBeCloseTo(loss, 5);
  }
});

it('what a schedule of the program sets beside the rate is read at the same step', async () => {
  const run = async (engine: FitArgs['engine']) => {
    let factor = 0;
    const { model } = program(
      () => 0,
      (t: tf.Tensor, p: tf.Tensor) => tf.mul(factor, apart(t, p)),
    );
    const schedule = (share: number) => {
      factor = share;
      return 1;
    };
    return (await fit(model, x, y, { ...args, method: uniform(), engine, schedule })).history.loss;
  };
  const expected = await run('eager');
  for (const [epoch, loss] of (await run('compiled')).entries()) expect(loss).toBeCloseTo(expected[epoch] as number, 5);
});

it('an optimizer whose rate falls with its count of steps is given up after some, in the first epoch', async () => {
  class InverseRoot extends tf.SGDOptimizer {
    static override className = 'InverseRootOfPeople';
    override applyGradients(gradients: never) {
      const rate = this.learningRate / Math.sqrt(this.iterations + 1);
      for (const { name, tensor: gradient } of gradients as { name: string; tensor: tf.Tensor }[]) {
        const variable = tf.engine().registeredVariables[name];
        tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(gradient, rate))));
      }
      this.incrementIterations();
    }
  }
  const make = () => {
    const { model } = program(() => 0);
    model.compile({ optimizer: new InverseRoot(0.1), loss: 'meanSquaredError' });
    return model;
  };
  const once = { ...args, epochs: 1, batchSize: 3 };
  const [theirs, ours] = [make(), make()];
  const expected = (await theirs.fit(x, y, once)).history.loss as number[];
  const { history, setup } = await fit(ours, x, y, { ...once, method: uniform() });
  expect(history.loss[0]).toBeCloseTo(expected[0], 5);
  expect(setup?.engine).toBe('eager');
  expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(/eagerly.*in the optimizer, by its count of steps/)]);
});
