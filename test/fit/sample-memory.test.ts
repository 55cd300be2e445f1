import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { aumCsv, cartography, fiftyOneLines, samplesCsv } from '../../src/fit/sample-files.ts';
import { SampleHistory } from '../../src/fit/sample-history.ts';
import { SampleMemory } from '../../src/fit/sample-memory.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { Random } from '../../src/sampling/random.ts';
import { classifier, digits } from '../support/small.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Margin, confidence, prediction and label of each. */
const answers = (rows: readonly (readonly [number, number, number, number])[]) =>
  [0, 1, 2, 3].flatMap((k) => rows.map((row) => row[k]));

describe('the record of samples', () => {
  it('takes at most 24 bytes a sample', () => {
    expect(new SampleMemory(10).bytes).toBeLessThanOrEqual(24);
  });

  it('averages over time: a sample seen ten times as often has the mean of one that is not', () => {
    // Both have the loss that falls with time; one is visited at every moment, one at every tenth.
    const n = 100;
    const memory = new SampleMemory(n);
    const random = new Random(1);
    const loss = (epoch: number) => 3 * Math.exp(-epoch / 4);
    const exact = { sum: 0, steps: 0 };
    for (let step = 0; step < 200 * 10; step++) {
      const epoch = (step * 10) / n;
      const value = loss(epoch);
      exact.sum += value;
      exact.steps++;
      const others = Array.from({ length: 9 }, () => 2 + random.integer(n - 2));
      const indices = step % 10 === 0 ? [0, 1, ...others.slice(1)] : [0, ...others];
      const all = indices.map(() => value);
      memory.add(indices, all, answers(indices.map(() => [-value, Math.exp(-value), 1, 0])));
    }
    const often = new SampleHistory(memory).at(0)!;
    const seldom = new SampleHistory(memory).at(1)!;
    expect(often.times).toBe(2000);
    expect(seldom.times).toBe(200);
    const mean = exact.sum / exact.steps;
    for (const record of [often, seldom]) {
      expect(record.meanLoss).toBeGreaterThan(0.85 * mean);
      expect(record.meanLoss).toBeLessThan(1.15 * mean);
      expect(record.meanMargin).toBeCloseTo(-record.meanLoss, 1);
    }
    // Here the mean over visits, 3.9, is far from that over time, 2.
    const uneven = new SampleMemory(n);
    for (let step = 0; step < 400; step++) {
      const value = step < 200 ? 4 : 0;
      // Visited at each step while it is hard, and at every fiftieth afterwards.
      uneven.add(step < 200 || step % 50 === 49 ? [0, 1, 2, 3, 4] : [5, 1, 2, 3, 4], Array(5).fill(value));
    }
    expect(new SampleHistory(uneven).at(0)!.meanLoss).toBeCloseTo(2, 0);
    expect(new SampleHistory(uneven).at(0)!.times).toBe(204);
  });

  it('has mean, spread, forgettings and predictions of a list of visits', () => {
    const memory = new SampleMemory(4);
    const visits: (readonly [number, number, number, number])[] = [
      [-1, 0.2, 2, 1],
      [2, 0.8, 1, 1],
      [-0.5, 0.3, 0, 1],
      [3, 0.9, 1, 1],
    ];
    for (const [k, visit] of visits.entries()) {
      memory.add([0, 1, 2, 3], [k, k, k, k], answers([visit, visit, visit, visit]));
    }
    const { meanConfidence, spread, forgotten, prediction, other, label, firstLoss, lastLoss, times, share } =
      new SampleHistory(memory).at(2)!;
    // The first is known of the moment 0 alone; each other of the epoch before it.
    const of = [0.8, 0.3, 0.9];
    const mean = of.reduce((a, b) => a + b) / 3;
    expect(meanConfidence).toBeCloseTo(mean, 4);
    expect(spread).toBeCloseTo(Math.sqrt(of.reduce((sum, p) => sum + (p - mean) ** 2, 0) / 3), 3);
    expect({ forgotten, prediction, other, label }).toEqual({ forgotten: 1, prediction: 1, other: 0, label: 1 });
    expect({ firstLoss, lastLoss, times, share }).toEqual({ firstLoss: 0, lastLoss: 3, times: 4, share: 0.25 });
  });

  it('counts on in runs longer than it can count', () => {
    const memory = new SampleMemory(1);
    for (let k = 0; k < 70_000; k++) memory.add([0], [k < 35_000 ? 2 : 4]);
    const { times, meanLoss } = new SampleHistory(memory).at(0)!;
    expect(times).toBe(65_535);
    expect(meanLoss).toBeCloseTo(3, 1);
  });
});

describe('classes from 65,536 on', () => {
  /** Says of each sample that its label is 70,000 and the model gives it 65,536. */
  const far = () => {
    const memory = new SampleMemory(2);
    memory.add([0], [1], answers([[-1, 0.2, 3, 5]]));
    const narrow = memory.state();
    memory.add([1], [1], answers([[-1, 0.2, 65_536, 70_000]]));
    return { memory, narrow };
  };

  it('are named as they are, and so are those seen before them', () => {
    const { memory } = far();
    expect(new SampleHistory(memory).at(0)).toMatchObject({ label: 5, prediction: 3, other: 3 });
    expect(new SampleHistory(memory).at(1)).toMatchObject({ label: 70_000, prediction: 65_536, other: 65_536 });
    expect(memory.bytes).toBe(27);
  });

  it('also after they were saved, and after a run went back to where there were none', () => {
    const { memory, narrow } = far();
    const wide = memory.state();
    expect([...SampleHistory.from(wide)]).toEqual([...new SampleHistory(memory)]);
    memory.restore(narrow);
    expect([...new SampleHistory(memory)]).toEqual([...SampleHistory.from(narrow)]);
    memory.restore(wide);
    expect(new SampleHistory(memory).at(1)).toMatchObject({ label: 70_000 });
  });
});

describe.each(['eager', 'compiled'] as const)('after fit, %s', (engine) => {
  it('classes of a head of 70,000 are those of the targets', async () => {
    const init = tf.initializers.zeros();
    const head = tf.layers.dense({ units: 70_000, activation: 'softmax', inputShape: [2], kernelInitializer: init });
    const model = tf.sequential({ layers: [head] });
    model.compile({ optimizer: tf.train.sgd(1e-12), loss: 'sparseCategoricalCrossentropy' });
    const labels = [0, 65_535, 65_536, 69_999];
    const y = tf.tensor2d(labels, [4, 1]);
    const { samples } = await fit(model, tf.ones([4, 2]), y, { engine, batchSize: 2, seed: 1, verbose: 0 });
    expect([...samples].map(({ label }) => label)).toEqual(labels);
  });

  it('margins, confidences and predictions are those of the model', async () => {
    const { x, y, n } = digits();
    const model = classifier(tf.train.sgd(1e-12));
    const { samples } = await fit(model, x, y, {
      engine,
      method: uniform(),
      batchSize: 8,
      epochs: 1,
      seed: 1,
      verbose: 0,
    });
    const p = (model.predict(tf.tensor(x.data as Float32Array, [n, 8])) as tf.Tensor).arraySync() as number[][];
    for (let i = 0; i < n; i++) {
      const label = p[i].findIndex((_, c) => y.data[3 * i + c] === 1);
      const others = p[i].filter((_, c) => c !== label);
      const record = samples.at(i)!;
      expect(record.label).toBe(label);
      expect(record.prediction).toBe(p[i].indexOf(Math.max(...p[i])));
      expect(record.meanConfidence).toBeCloseTo(p[i][label], 3);
      expect(record.meanMargin).toBeCloseTo(Math.log(p[i][label] / Math.max(...others)), 2);
      expect(record.meanLoss).toBeCloseTo(-Math.log(p[i][label]), 4);
    }
  });

  it('losses are those of the samples, whatever weights they and their classes were given', async () => {
    const { x, y, n } = digits();
    const args = { engine, method: uniform(), batchSize: 8, seed: 1, verbose: 0 } as const;
    const still = () => classifier(tf.train.sgd(1e-12));
    const plain = await fit(still(), x, y, args);
    const sampleWeight = Float32Array.from({ length: n }, (_, i) => i % 3);
    const weighted = await fit(still(), x, y, { ...args, sampleWeight, classWeight: { 0: 2, 1: 1, 2: 5 } });
    for (const [i, record] of [...weighted.samples].entries()) {
      expect(record.lastLoss).toBeCloseTo(plain.samples.at(i)!.lastLoss, 4);
      expect(record.resistance).toBeCloseTo(plain.samples.at(i)!.resistance!, 4);
    }
  });

  it('nothing is said of resistance where losses or weights are below 0, nor classes of what tells none', async () => {
    const { x, y, n } = digits();
    const args = { engine, method: uniform(), batchSize: 8, seed: 1, verbose: 0 } as const;
    const sampleWeight = Float32Array.from({ length: n }, (_, i) => (i % 3) - 1);
    const advantages = await fit(classifier(), x, y, { ...args, sampleWeight });
    expect([...advantages.samples].filter(({ resistance }) => resistance !== undefined)).toEqual([]);
    const model = classifier();
    model.compile({ optimizer: 'sgd', loss: 'cosineProximity' });
    const { samples } = await fit(model, x, y, args);
    expect([...samples].filter(({ resistance }) => resistance !== undefined)).toEqual([]);
    expect(SampleHistory.from(samples.state()).at(0)).not.toHaveProperty('resistance');
    expect(samplesCsv(samples).split('\r\n')[1].split(',').slice(7, 9)).toEqual(['', '']);
    expect([samples.classifies, samples.right]).toEqual([false, 0]);
  });

  it.each([uniform(), importance({ start: 1.05, presample: 2 })])(
    'goes on from a checkpoint, $name',
    async (method) => {
      const { x, y } = digits();
      const args = { engine, method, batchSize: 8, seed: 4, verbose: 0 } as const;
      const path = join(folder, `${engine}-${method.name}`);
      const whole = await fit(classifier(), x, y, { ...args, epochs: 4 });
      await fit(classifier(), x, y, { ...args, epochs: 2, checkpoint: { path } });
      const resumed = await fit(classifier(), x, y, { ...args, epochs: 4, resume: path });
      expect([...resumed.samples]).toEqual([...whole.samples]);
    },
  );

  it.each([{ epochs: 0 }, { seconds: 1e-9 }, { signal: AbortSignal.abort() }, { epochs: 2, initialEpoch: 2 }])(
    'is there if nothing was trained: %o',
    async (args) => {
      const { x, y } = digits();
      const { samples } = await fit(classifier(), x, y, { engine, verbose: 0, ...args });
      expect(samples).toBeInstanceOf(SampleHistory);
    },
  );

  it('finds labels that were planted, and the right one', async () => {
    const { x, y, n } = digits(600);
    const random = new Random(3);
    const right = Array.from({ length: n }, (_, i) => y.data.subarray(3 * i, 3 * i + 3).indexOf(1));
    const wrong = new Set<number>();
    while (wrong.size < 60) wrong.add(random.integer(n));
    for (const i of wrong) {
      y.data.fill(0, 3 * i, 3 * i + 3);
      y.data[3 * i + ((right[i] + 1) % 3)] = 1;
    }
    const { samples } = await fit(classifier(), x, y, {
      engine,
      method: uniform(),
      batchSize: 32,
      epochs: 8,
      seed: 1,
      verbose: 0,
    });
    const named = samples.suspects(wrong.size);
    const hits = named.filter(({ index }) => wrong.has(index));
    expect(hits.length).toBeGreaterThan(0.65 * wrong.size);
    expect(hits.filter(({ index, suggested }) => suggested === right[index]).length).toBeGreaterThan(0.9 * hits.length);
  });
});

describe('files of samples', () => {
  const memory = new SampleMemory(3);
  memory.add(
    [0, 1, 2],
    [1, 2, 3],
    answers([
      [2, 0.9, 0, 0],
      [-3, 0.05, 1, 0],
      [0.5, 0.6, 1, 1],
    ]),
  );
  const samples = new SampleHistory(memory);
  const names = { name: (i: number) => ['a,"b".png', '=1+1', 'c'][i], className: (c: number) => ['cat', 'dog'][c] };

  it('are CSV', () => {
    const lines = samplesCsv(samples, names).trimEnd().split('\r\n');
    expect(lines[0].split(',').slice(0, 3)).toEqual(['name', 'index', 'times']);
    expect(lines[1]).toMatch(/^"a,""b"".png",0,1,/);
    expect(lines[2]).toMatch(/^'=1\+1,1,1,.*,cat,dog,dog,-3,/);
  });

  it('are AUM’s, the largest first', () => {
    expect(aumCsv(samples)).toBe('sample_id,aum\n0,2\n2,0.5\n1,-3\n');
  });

  it('are FiftyOne’s', () => {
    const rows = fiftyOneLines(samples, names)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows[1].filepath).toBe('=1+1');
    expect(rows[1].ground_truth).toEqual({ _cls: 'Classification', label: 'cat' });
    // 0.95 is what all others have together, not this one.
    expect(rows[1].predictions).toEqual({ _cls: 'Classification', label: 'dog' });
    expect(rows[1].mistakenness).toBeCloseTo(0.95, 4);
  });

  it('have the probability of the label beside it, also of one that is right with less than half', () => {
    const unsure = new SampleMemory(1);
    unsure.add([0], [1], answers([[1, 0.4, 2, 2]]));
    const { predictions } = JSON.parse(fiftyOneLines(new SampleHistory(unsure)));
    expect(predictions.label).toBe('2');
    expect(predictions.confidence).toBeCloseTo(0.4, 4);
  });

  it('refuse a number of samples that is none', () => {
    for (const most of [-1, 1.5, Number.NaN]) {
      expect(() => samples.mostDrawn(most)).toThrow(/^bad number of samples: got .*a whole number ≥ 0/);
    }
    expect(() => samples.suspects(-1)).toThrow(/^bad number of suspects/);
  });

  it('are a map', () => {
    expect(cartography(samples).map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  it('name no suspects of what is no classifier', () => {
    expect(() => new SampleHistory(new SampleMemory(3)).suspects()).toThrow('no classifier');
  });
});

describe('a model that has not learned', () => {
  /** What a model said of 200 samples of some classes: its answer, and the probability that it gave to the label. */
  const seen = (
    label: (i: number) => number,
    answer: (i: number) => number,
    probability: (i: number) => number,
    times = 2,
  ) => {
    const memory = new SampleMemory(200);
    const all = Array.from({ length: 200 }, (_, i) => i);
    for (let k = 0; k < times; k++) {
      memory.add(
        all,
        all.map((i) => -Math.log(probability(i))),
        answers(all.map((i) => [answer(i) === label(i) ? 2 : -2, probability(i), answer(i), label(i)])),
      );
    }
    return new SampleHistory(memory);
  };
  const flipped = (i: number) => i % 20 === 3;

  it('names no labels unasked, however many classes there are', () => {
    const untrained = seen(
      (i) => i % 50,
      (i) => (i * 7) % 50,
      () => 0.02,
    );
    expect([untrained.learned, untrained.suspects()]).toEqual([false, []]);
    expect(untrained.suspects(5)).toHaveLength(5);
    // One class for all of them is right of most, and says nothing of the others.
    const constant = seen(
      (i) => (i % 20 === 0 ? 1 : 0),
      () => 0,
      (i) => (i % 20 === 0 ? 0.05 : 0.95),
    );
    expect([constant.learned, constant.right, constant.suspects()]).toEqual([false, 0.95, []]);
    expect(new SampleHistory(new SampleMemory(3)).learned).toBe(false);
  });

  it('names none where most samples came once: they were new to it', () => {
    const of = (times: number) =>
      seen(
        (i) => i % 2,
        (i) => (i % 4 === 0 ? 1 : i % 2),
        (i) => (i % 4 === 0 ? 0.05 : 0.9),
        times,
      );
    expect([of(1).once, of(1).learned, of(1).suspects()]).toEqual([true, false, []]);
    expect([of(2).once, of(2).learned, of(2).suspects().length]).toEqual([false, true, 50]);
  });

  it('and one that has, names those it doubts', () => {
    const trained = seen(
      (i) => (i + (flipped(i) ? 1 : 0)) % 50,
      (i) => i % 50,
      (i) => (flipped(i) ? 0.01 : 0.9),
    );
    expect([trained.learned, trained.right]).toEqual([true, 0.95]);
    expect(trained.suspects().map(({ index }) => index)).toEqual(Array.from({ length: 10 }, (_, k) => 20 * k + 3));
  });
});
