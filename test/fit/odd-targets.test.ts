/** Targets that a cross-entropy was not made for, and that people train on: actions × advantages, labels beyond 1. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { arraySamples } from '../../src/data/arrays.ts';
import type { NdArray, Samples } from '../../src/data/samples.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { CompiledLearner } from '../../src/learner/compiled.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { lossSampling } from '../../src/methods/importance/loss-sampling.ts';
import { paper2018 } from '../../src/methods/importance/paper2018.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { Random } from '../../src/sampling/random.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));
let warn: MockInstance;
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => void vi.restoreAllMocks());
const warnings = () => warn.mock.calls.flat().filter((text) => /^unequal/.test(text));

const { x, y, n } = digits();
const random = new Random(5);
/** One-hot actions × advantages of mean 0. */
const advantages = Float32Array.from({ length: n }, () => random.normal());
const actions: NdArray = { ...y, data: y.data.map((one, i) => one * advantages[Math.floor(i / 3)]) };
/** Labels of what is real, between 0.7 and 1.2. */
const real: NdArray = {
  data: Float32Array.from({ length: n }, () => 0.7 + 0.5 * random.uniform()),
  shape: [n, 1],
  dtype: 'float32',
};

function discriminator(): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotNormal({ seed: 3 });
  const layer = tf.layers.dense({ units: 1, activation: 'sigmoid', inputShape: [8], kernelInitializer });
  const model = tf.sequential({ layers: [layer] });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'binaryCrossentropy' });
  return model;
}

const programs: [string, () => tf.LayersModel, NdArray, RegExp][] = [
  ['actions × advantages', classifier, actions, /no distribution over its 3 classes: got -\S+ for the sample \d+/],
  ['labels beyond 1', discriminator, real, /neither of two classes: got 1\.\d+ for the sample \d+/],
];
const args = { epochs: 3, batchSize: 16, shuffle: false, verbose: 0 } as const;

describe.each(programs)('%s', (_, make, targets, message) => {
  it.each(['auto', 'eager'] as const)('are trained on as by model.fit, after one warning (%s)', async (engine) => {
    const [theirs, ours, stream] = [make(), make(), make()];
    const [xs, ys] = [x, targets].map(({ data, shape }) => tf.tensor(data as Float32Array, shape as number[]));
    const wanted = await theirs.fit(xs, ys, args);
    const got = await fit(ours, x, targets, { ...args, engine, method: uniform() });
    for (const [k, loss] of got.history.loss.entries()) {
      expect(loss).toBeCloseTo(wanted.history.loss[k] as number, 5);
    }
    expect(warnings()).toEqual([expect.stringMatching(message)]);
    expect(warnings()[0]).toMatch(/it is trained on as it is, as by model\.fit$/);
    const list = (tensor: tf.Tensor) => tf.data.array(tensor.arraySync() as number[][]);
    const batches = tf.data.zip({ xs: list(xs), ys: list(ys) }).batch(16);
    await fitDataset(stream, batches, { epochs: 3, engine, method: uniform() });
    for (const model of [ours, stream]) {
      for (const [i, value] of values(theirs).flat().entries()) expect(values(model).flat()[i]).toBeCloseTo(value, 5);
    }
  });

  it('are trained on uniformly where no method is given, which is said', async () => {
    const [one, two] = [make(), make()];
    const given = { epochs: 10, batchSize: 8, verbose: 0, engine: 'eager', seed: 4 } as const;
    await fit(one, x, targets, given);
    expect(warnings()).toHaveLength(2);
    expect(warnings()[1]).toMatch(
      /trained by uniform sampling, not by importance: the target .* a method that is given/,
    );
    await fit(two, x, targets, { ...given, method: uniform() });
    expect(values(one)).toEqual(values(two));
  });

  it('have the scores of the gradient where a method is given', async () => {
    const model = make();
    const batch = { size: n, xs: [x], ys: [targets] };
    const p = (model.predict(tf.tensor(x.data, [n, 8])) as tf.Tensor2D).arraySync();
    const width = targets.shape[1];
    // ∂l/∂z is p Σt − t after a softmax, and p − t after a sigmoid.
    const wanted = p.map((row, i) => {
      const t = Array.from(targets.data.slice(i * width, (i + 1) * width));
      const sum = width === 1 ? 1 : t.reduce((a, b) => a + b);
      return Math.hypot(...row.map((value, c) => value * sum - t[c]));
    });
    const learners = [new EagerLearner(model), new CompiledLearner(model)];
    for (const learner of learners) {
      const got = await learner.scores(batch, 'upper-bound');
      for (const [i, score] of got.entries()) expect(score).toBeCloseTo(wanted[i], 4);
      await learner.dispose();
    }
    const phases = new Set<string>();
    const onStep = ({ phase }: { phase: string }) => void phases.add(phase);
    await fit(model, x, targets, {
      ...args,
      engine: 'eager',
      method: paper2018({ presample: 3, threshold: 0.01 }),
      onStep,
    });
    expect(phases).toContain('importance');
    expect(warnings()).toHaveLength(1);
  });

  it('are told of where they first come in a later batch', async () => {
    const [good, odd] = [arraySamples(x, { ...targets, data: targets.data.map(() => 0.5) }), arraySamples(x, targets)];
    const samples: Samples = { length: n, batch: (rows) => (rows[0] < 32 ? good : odd).batch(rows) };
    await fit(make(), samples, { ...args, engine: 'eager', method: uniform() });
    expect(warnings()).toEqual([expect.stringMatching(message)]);
  });
});

it('are no scores by their losses, which are negative', async () => {
  const training = fit(classifier(), x, actions, {
    ...args,
    engine: 'eager',
    method: lossSampling({ start: 'always' }),
  });
  await expect(training).rejects.toThrow(/scores that are no importance: got -/);
});
