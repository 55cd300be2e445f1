import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { advise } from '../../src/advice/advise.ts';
import { outlook } from '../../src/advice/outlook.ts';
import { arraySamples } from '../../src/data/arrays.ts';
import type { NdArray } from '../../src/data/samples.ts';
import { fit } from '../../src/fit/fit.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { untouched } from '../../src/learner/untouched.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { Random } from '../../src/sampling/random.ts';
import { ess, tau } from '../../src/sampling/tau.ts';
import { network } from '../support/networks.ts';
import { classifier, digits, values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

/** A clock that moves by `step` seconds each time it is read. */
const ticking = (step: number) => {
  let now = 0;
  return () => {
    now += step;
    return now;
  };
};
/** Rows of x and y as samples; every one that is fetched is counted. */
const samplesOf = (x: NdArray, y: NdArray, count: () => void) => ({
  length: x.shape[0],
  batch: async (indices: ArrayLike<number>) => {
    const rows = Array.from(indices);
    for (const _ of rows) count();
    const take = ({ data, shape: [, width] }: NdArray): NdArray => ({
      data: Float32Array.from(rows.flatMap((i) => Array.from(data.subarray(i * width, (i + 1) * width)))),
      shape: [rows.length, width],
      dtype: 'float32',
    });
    return { xs: take(x), ys: take(y) };
  },
});
const all = ({ x, y }: { x: NdArray; y: NdArray }) => ({ size: x.shape[0], xs: [x], ys: [y] });

/** Two classes. Told by the first number in the easy samples, and in the hard ones by the fifth, which there is small. */
function redundant(n: number, hardShare: number): { x: NdArray; y: NdArray } {
  const random = new Random(7);
  const x = new Float32Array(n * 8);
  const y = new Float32Array(n * 3);
  for (let i = 0; i < n; i++) {
    const label = random.integer(2);
    y[i * 3 + label] = 1;
    const hard = random.uniform() < hardShare;
    const sign = 2 * label - 1;
    for (let k = 0; k < 8; k++) x[i * 8 + k] = 0.3 * random.normal();
    if (hard) x[i * 8 + 4] = 0.7 * sign + 0.1 * random.normal();
    else {
      x[i * 8] = 3 * sign;
      x[i * 8 + 4] = 0;
    }
  }
  return { x: { data: x, shape: [n, 8], dtype: 'float32' }, y: { data: y, shape: [n, 3], dtype: 'float32' } };
}

/** Rows that are all the same, of classes in equal shares: nobody can tell them apart, and all are as hard. */
function alike(n: number): { x: NdArray; y: NdArray } {
  const y = new Float32Array(n * 3);
  for (let i = 0; i < n; i++) y[i * 3 + (i % 3)] = 1;
  return {
    x: { data: new Float32Array(n * 8).fill(0.5), shape: [n, 8], dtype: 'float32' },
    y: { data: y, shape: [n, 3], dtype: 'float32' },
  };
}

describe('advise', () => {
  it('finds that it pays where most samples are trivial', async () => {
    const { x, y } = redundant(1500, 0.005);
    const model = classifier(tf.train.sgd(0.2));
    // Time passes as samples are fetched, whoever looks at the clock how often.
    let fetched = 0;
    const tick = ticking(1e-6);
    const samples = samplesOf(x, y, () => fetched++);
    const now = () => tick() + 5e-4 * fetched;
    const advice = await advise(model, samples, { seconds: 60, batchSize: 16, seed: 3, now });
    const [first, ...others] = advice.candidates;
    expect(first).toMatchObject({ name: 'uniform', importanceShare: 0 });
    expect(advice).toMatchObject({ pays: true, conclusive: true, stopped: false });
    expect(Math.min(...others.map(({ ratio }) => ratio as number))).toBeLessThan(0.98);
    expect(advice.method.name).toBe('importance');
    expect(advice.reasons[0]).toMatch(/^Importance sampling pays/);
    expect(advice.after?.gain).toBeGreaterThan(1.15);
    expect(advice.code).toMatch(/^await fit\(model, samples, .*importance\(/);
  });

  it('finds that it does not where all are alike, says so, and trains uniformly', async () => {
    const { x, y } = alike(600);
    const advice = await advise(classifier(tf.train.sgd(0.05)), x, y, {
      ...{ seconds: 30, batchSize: 15, seed: 3, engine: 'eager', now: ticking(0.01) },
    });
    expect(advice).toMatchObject({ pays: false, conclusive: true, method: { name: 'uniform' }, options: undefined });
    expect(advice.reasons.join('\n')).toMatch(
      /All samples are about as hard as each other: τ 1, .* cannot make steps less noisy/,
    );
    expect(advice.code).toBe('await fit(model, x, y, { batchSize: 15, method: uniform() });');
    for (const { ratio, importanceShare } of advice.candidates.slice(1)) {
      expect(ratio).toBeCloseTo(1, 2);
      expect(importanceShare).toBeLessThan(0.1);
    }
  });

  it('judges by samples that were not trained on, so that knowing the others by heart does not count', async () => {
    // Labels that nothing tells: all that training can do is learn them by heart, and hard samples first is sooner.
    const random = new Random(9);
    const x = Float32Array.from({ length: 400 * 8 }, () => random.normal());
    const y = new Float32Array(400 * 3);
    for (let i = 0; i < 400; i++) y[i * 3 + random.integer(3)] = 1;
    const data = [
      { data: x, shape: [400, 8], dtype: 'float32' },
      { data: y, shape: [400, 3], dtype: 'float32' },
    ] satisfies NdArray[];
    const asked = new Set<number>();
    const trained = new Set<number>();
    const samples = samplesOf(data[0], data[1], () => {});
    const watched = {
      length: samples.length,
      batch: (indices: ArrayLike<number>) => {
        for (const i of Array.from(indices)) asked.add(i);
        return samples.batch(indices);
      },
    };
    const { candidates, reasons } = await advise(classifier(tf.train.sgd(0.5)), watched, {
      ...{ seconds: 60, batchSize: 10, seed: 3, engine: 'eager', now: ticking(0.01) },
      onStep: (_, { indices }) => {
        for (const i of Array.from(indices)) trained.add(i);
      },
    });
    expect(trained.size).toBe(320);
    expect(asked.size).toBe(400);
    // Chance is log 3. Who is sure of what cannot be told is worse than that.
    for (const { validationLoss } of candidates) expect(validationLoss).toBeGreaterThan(Math.log(3));
    expect(reasons.join('\n')).toContain(
      'Judged by 80 samples that none trained on, which were held back from those given.',
    );
  });

  it('judges by the validation data it is given, and trains on all samples then', async () => {
    const { x, y } = digits(200);
    const validation = digits(60);
    const trained = new Set<number>();
    const { reasons } = await advise(classifier(), x, y, {
      ...{ seconds: 20, batchSize: 20, seed: 5, engine: 'eager', now: ticking(0.02) },
      validationData: [validation.x, validation.y],
      onStep: (name, { indices }) => {
        if (name === 'uniform') for (const i of Array.from(indices)) trained.add(i);
      },
    });
    expect(trained.size).toBe(200);
    expect(reasons.join('\n')).toContain('Judged by 60 samples that none trained on.');
  });

  it('gives the same advice for the same seed and clock', async () => {
    const { x, y } = digits(200);
    const args = { seconds: 10, batchSize: 20, seed: 5, engine: 'eager' } as const;
    const one = await advise(classifier(), x, y, { ...args, now: ticking(0.02) });
    const two = await advise(classifier(), arraySamples(x, y), { ...args, now: ticking(0.02) });
    const plain = ({ method: { name, options }, code, ...rest }: typeof one) => ({
      ...{ ...rest, name, settings: options, code: code.replace('x, y', 'samples') },
    });
    expect(plain(two)).toEqual(plain(one));
    // Equal seconds for all, to a step.
    const seconds = one.candidates.map((candidate) => candidate.seconds);
    expect(Math.max(...seconds) - Math.min(...seconds)).toBeLessThan(0.4);
  });

  it('says that the time was too short for stored scores, and how long it takes', async () => {
    const { x, y } = redundant(1500, 0.1);
    const model = classifier(tf.train.sgd(0.1));
    await fit(model, x, y, { engine: 'eager', verbose: 0, method: uniform(), epochs: 2, batchSize: 10, seed: 1 });
    const args = { seconds: 10, batchSize: 10, seed: 3, engine: 'eager' } as const;
    const { conclusive, reasons, candidates } = await advise(model, x, y, { ...args, now: ticking(0.04) });
    expect(candidates[1].epochs).toBeLessThan(1);
    expect(conclusive).toBe(false);
    expect(reasons.join('\n')).toMatch(/time was too short: 0.\d+ epochs .* 4 epochs take [\d,]+ s/);
  });

  it('scores by the loss where a model has no upper bound, and says why', async () => {
    const layer = tf.layers.lstm({ units: 2, inputShape: [3, 2] });
    const model = tf.sequential({ layers: [layer] });
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const x = tf.randomNormal([40, 3, 2], 0, 1, 'float32', 1);
    const y = tf.randomNormal([40, 2], 0, 1, 'float32', 2);
    const args = { seconds: 4, batchSize: 5, engine: 'eager', now: ticking(0.05) } as const;
    const { candidates, reasons } = await advise(model, x, y, args);
    expect(candidates.map(({ options }) => options?.score)).toEqual([undefined, 'loss', 'loss']);
    expect(reasons.join('\n')).toMatch(/Samples are scored by their loss: the upper-bound score cannot be found/);
  });

  it('ends at a signal with what is known by then', async () => {
    const { x, y } = digits(200);
    const controller = new AbortController();
    const advice = await advise(classifier(), x, y, {
      ...{ seconds: 20, batchSize: 20, seed: 5, engine: 'eager', now: ticking(0.02), signal: controller.signal },
      onStep: (_, __, share) => {
        if (share > 0.6) controller.abort();
      },
    });
    expect(advice.stopped).toBe(true);
    expect(advice.candidates[1].ratio).toBeGreaterThan(0);
    const none = await advise(classifier(), x, y, { seconds: 20, engine: 'eager', signal: AbortSignal.abort() });
    expect(none).toMatchObject({ pays: false, conclusive: false, stopped: true });
    expect(none.reasons[0]).toMatch(/nothing was compared/);
  });
});

describe('the model afterwards', () => {
  const rows = (n: number): { x: NdArray; y: NdArray } => {
    const random = new Random(5);
    const y = new Float32Array(n * 3);
    for (let i = 0; i < n; i++) y[i * 3 + (i % 3)] = 1;
    return {
      x: { data: Float32Array.from({ length: n * 16 }, () => random.normal()), shape: [n, 4, 4, 1], dtype: 'float32' },
      y: { data: y, shape: [n, 3], dtype: 'float32' },
    };
  };
  const { x, y } = rows(60);
  const short = { seconds: 2, batchSize: 10, seed: 1, now: ticking(0.02) } as const;
  const training = { engine: 'eager', verbose: 0, method: uniform(), batchSize: 10, seed: 4 } as const;
  const state = (model: tf.LayersModel) => new EagerLearner(model).state();

  for (const engine of ['eager', 'compiled'] as const) {
    it(`is as it was, bit for bit, and trains on as if nothing had been (${engine})`, async () => {
      // Batch statistics, dropout, a regulariser, two slots a weight and running powers.
      const [model, other] = [network(), network()];
      for (const one of [model, other]) await fit(one, x, y, { ...training, epochs: 2 });
      const before = await state(model);
      expect(before.slots.length).toBeGreaterThan(2);
      await advise(model, x, y, { ...short, engine });
      expect(await state(model)).toEqual(before);
      for (const one of [model, other]) await fit(one, x, y, { ...training, epochs: 2 });
      // Two models differ in the names of their layers.
      const nameless = async (one: tf.LayersModel) => (await state(one)).weights.map(({ data }) => data);
      expect(await nameless(model)).toEqual(await nameless(other));
    });
  }

  it('has no slots, nor tensors, that it had not', async () => {
    const model = network();
    const before = await state(model);
    const { numTensors } = tf.memory();
    await advise(model, x, y, { ...short, engine: 'eager' });
    expect(await state(model)).toEqual(before);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('is as it was after an error, and can be trained', async () => {
    const model = network();
    const before = await state(model);
    let calls = 0;
    const samples = arraySamples(x, y);
    const failing = {
      length: samples.length,
      batch: (indices: ArrayLike<number>) => {
        if (calls++ === 60) throw new Error('the disk is gone');
        return samples.batch(indices);
      },
    };
    await expect(advise(model, failing, { ...short, seconds: 20, engine: 'eager' })).rejects.toThrow(
      'the disk is gone',
    );
    expect(await state(model)).toEqual(before);
    await fit(model, x, y, training);
  });

  it('is as it was where the learning rate is hopeless', async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [8] })] });
    model.compile({ optimizer: tf.train.sgd(1000), loss: 'meanSquaredError' });
    const before = values(model);
    const data = digits(60);
    await expect(advise(model, data.x, data.y, { ...short, seconds: 20, engine: 'eager' })).rejects.toThrow(
      /not finite/,
    );
    expect(values(model)).toEqual(before);
  });

  it('is put back by untouched whatever is done to it', async () => {
    const model = network();
    await fit(model, x, y, { ...training, epochs: 1 });
    const before = await state(model);
    await untouched(model, async () => {
      new EagerLearner(model).setLearningRate(7);
      await fit(model, x, y, { ...training, epochs: 1 });
    });
    expect(await state(model)).toEqual(before);
  });
});

describe('outlook', () => {
  it('has τ and ESS of the scores, and the noise that exact norms show', async () => {
    const data = digits(600);
    const model = classifier(tf.train.sgd(0.05));
    await fit(model, data.x, data.y, {
      engine: 'eager',
      verbose: 0,
      method: uniform(),
      epochs: 3,
      batchSize: 20,
      seed: 1,
    });
    const learner = new EagerLearner(model);
    const provider = arraySamples(data.x, data.y);
    const rows = (from: number, to: number) => {
      const { xs, ys } = provider.batch(Array.from({ length: to - from }, (_, i) => from + i)) as unknown as {
        xs: NdArray;
        ys: NdArray;
      };
      return { size: to - from, xs: [xs].flat(), ys: [ys].flat() };
    };
    const b = 20;
    const batches = Array.from({ length: 30 }, (_, k) => rows(k * b, (k + 1) * b));
    const pool = rows(0, 600);
    const look = await outlook(learner, {
      ...{ presamples: [pool], batches, score: 'upper-bound', mixture: 0.1, resample: 'multinomial' },
      now: ticking(1),
    });
    const scores = await learner.scores(pool, 'upper-bound');
    expect(look.tau).toBeCloseTo(tau(scores), 12);
    expect(look.ess).toBeCloseTo(ess(scores) / 600, 12);
    expect(look.scoring).toBeCloseTo(1 / 600, 12);

    // E‖g‖² = ‖G‖² + (E‖Gᵢ‖² − ‖G‖²)/b, with all samples known.
    const norms = await learner.scores(all(data), 'gradient-norm');
    const { gradient } = await learner.gradient(all(data));
    const signal = gradient.reduce((sum, part) => sum + part.reduce((s, value) => s + value * value, 0), 0);
    const square = norms.reduce((sum, norm) => sum + norm * norm, 0) / 600;
    const share = (square - signal) / b / (signal + (square - signal) / b);
    expect(Math.abs((look.noiseShare as number) - share)).toBeLessThan(0.1);
  });
});

describe('bad input', () => {
  const { x, y } = digits(60);
  const refused = async (message: RegExp, args: object, model = classifier()) =>
    expect(advise(model, x, y, { engine: 'eager', ...args })).rejects.toThrow(message);

  it('is refused before anything is trained', async () => {
    for (const seconds of [0, -1, Number.NaN]) await refused(/no time to train: got seconds/, { seconds });
    await refused(/no end: got seconds: ∞/, { seconds: Infinity });
    await refused(/bad batchSize/, { batchSize: 0 });
    await refused(/unknown option of advise: got 'epochs', expected one of 'seconds'/, { epochs: 3 });
    await refused(/bad seed/, { seed: 0.5 });
    await refused(/sampleWeight has a wrong length/, { sampleWeight: [1] });
    const bare = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [8] })] });
    await refused(/the model is not compiled/, {}, bare as ReturnType<typeof classifier>);
    await expect(advise({} as tf.LayersModel, x, y)).rejects.toThrow(/not a model that can be trained/);
    const one = digits(1);
    await expect(advise(classifier(), one.x, one.y, { engine: 'eager' })).rejects.toThrow(/no advice on one sample/);
    const stream = tf.data.array([1]) as unknown as NdArray;
    await expect(advise(classifier(), stream, y)).rejects.toThrow(
      /a stream was given to advise: .* expected samples of a known length/,
    );
  });

  it('a clock that stands still', async () => {
    await refused(/the clock stands still/, { seconds: 1, batchSize: 30, now: () => 5, engine: 'compiled' });
  });

  it('two at once', async () => {
    const model = classifier();
    const first = advise(model, x, y, { seconds: 1, engine: 'eager', now: ticking(0.05) });
    await refused(/being trained already/, {}, model);
    await first;
  });
});
