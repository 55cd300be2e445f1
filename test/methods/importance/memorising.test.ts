import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NdArray } from '../../../src/data/samples.ts';
import { fit } from '../../../src/fit/fit.ts';
import type { StepReport } from '../../../src/fit/report.ts';
import { importance } from '../../../src/methods/importance/importance.ts';
import { TinyRun, tinyModel } from '../../conformance/harness.ts';
import { b, even, hardTenth, told, turns, unevenClassifier, untilOn } from '../../support/importance.ts';
import { digits } from '../../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const samples = 400;
const memorising =
  /^samples that came again lately lost 0\.\d\d of what new ones do, .*memorising, which helps no new sample$/;

describe('training by importance ends where memorising begins', () => {
  const run = (options = {}) =>
    new TinyRun(told(options, { own: hardTenth() }), {
      model: tinyModel({ optimizer: tf.train.adam(0.05) }),
      n: samples,
      budget: 1e9,
    });

  it('when samples seen before lose half of what samples lose when first seen; it is uniform then, and says so', async () => {
    const reports = await run().steps(300);
    const [on, off] = turns(reports);
    expect([on.on, off.on]).toEqual([true, false]);
    expect(off.why).toMatch(memorising);
    const before = reports.slice(on.step, off.step).flatMap(({ fitted }) => fitted ?? []);
    for (const fitted of before) expect(fitted).toBeGreaterThan(0.5 * (1 - 0.05));
    expect(reports[off.step].fitted).toBeLessThanOrEqual(0.5 * (1 - 0.05));
    // It would still pay: that is not why.
    expect(reports[off.step].worth).toBeGreaterThan(reports[off.step].cost!);
    const { phase, weights, indices } = reports[off.step + 1];
    expect([phase, weights, indices.length]).toEqual(['uniform', undefined, b]);
  });

  it('and goes on where rule.memorised is 0', async () => {
    const reports = await run({ rule: { memorised: 0 } }).steps(300);
    expect(turns(reports).map(({ on }) => on)).toEqual([true]);
    expect(Math.min(...reports.flatMap(({ fitted }) => fitted ?? []))).toBeLessThan(0.475);
  });
});

it('nothing is trained by importance where losses go below 0: nothing says what is left of them', async () => {
  const { x, y } = digits();
  // The objective of policy gradients: the probability of what was good, and less of what was not.
  const loss = (t: tf.Tensor, p: tf.Tensor) => tf.neg(tf.sum(tf.mul(tf.sub(t, 0.2), p), -1));
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, activation: 'softmax', inputShape: [8] })] });
  model.compile({ optimizer: tf.train.adam(0.05), loss });
  const history = await fit(model, x, y, { epochs: 60, batchSize: 4, seed: 1, verbose: 0, engine: 'eager' });
  expect(history.switches).toEqual([]);
  expect(history.explain()).toMatch(/losses go below 0, so that what is left to learn cannot be told/);
});

describe('m, the share of the loss of new samples that samples seen before lose', () => {
  it('is 1 where nothing is learned, and unknown until samples have come again', async () => {
    const reports = await new TinyRun(importance(), { model: even(), n: samples, budget: 1e9 }).steps(120);
    // The first epoch is fifty steps; decisions are made at every twenty-first.
    expect([reports[45].worth !== undefined, reports[45].fitted]).toEqual([true, undefined]);
    expect(reports[119].fitted).toBeCloseTo(1, 6);
  });

  it('is measured against validation samples where there are any, as they were measured last', async () => {
    const run = new TinyRun(importance(), { model: even(), budget: 1e9 });
    const reports: StepReport[] = [];
    // Every sample loses ln 3.
    for (const loss of [2 * Math.log(3), 4 * Math.log(3), 0.5 * Math.log(3)]) {
      run.trainer.validated(loss);
      reports.push(...(await run.steps(30)));
    }
    expect([reports[29], reports[59], reports[89]].map(({ fitted }) => fitted)).toEqual(
      [1 / 2, 1 / 4, 2].map((m) => expect.closeTo(m, 6)),
    );
  });

  it('and fit measures them: m is the loss of training over that of model.evaluate', async () => {
    const model = await unevenClassifier();
    model.compile({ optimizer: tf.train.sgd(0), loss: 'categoricalCrossentropy' });
    const { x, y } = digits();
    // All samples to train on are one, and all to validate on are another.
    const copies = ({ data, shape }: NdArray, from: number): NdArray => {
      const one = Array.from(data.slice(from * shape[1], (from + 1) * shape[1]));
      return { data: Float32Array.from(new Array(40).fill(one).flat()), shape: [40, shape[1]], dtype: 'float32' };
    };
    const lossOf = (i: number) => {
      const tensors = [x, y].map((all) => tf.tensor2d(copies(all, i).data as Float32Array, [40, all.shape[1]]));
      return (model.evaluate(tensors[0], tensors[1]) as tf.Scalar).dataSync()[0];
    };
    const reports: StepReport[] = [];
    await fit(model, copies(x, 3), copies(y, 3), {
      ...{ engine: 'eager', verbose: 0, epochs: 12, batchSize: 8, seed: 1, method: importance() },
      validationData: [copies(x, 8), copies(y, 8)],
      onStep: (report) => void reports.push(report),
    });
    const m = lossOf(3) / lossOf(8);
    expect(Math.abs(m - 1)).toBeGreaterThan(0.1);
    expect(reports.at(-1)!.fitted! / m).toBeCloseTo(1, 4);
  });
});

it('it comes back once m is 4h above m₀, not before: 0.6, where it went below 0.475', async () => {
  // Scores are told; the loss of all samples is ln 3, and stays so.
  const run = new TinyRun(told({}, { own: hardTenth() }), { model: even(), n: samples, budget: 1e9 });
  await untilOn(run);
  const phases: [number, string][] = [];
  for (const m of [0.7, 0.49, 0.47, 0.55, 0.59, 0.61, 0.52]) {
    run.trainer.validated(Math.log(3) / m);
    // Decisions are made at every twenty-first step.
    const later = await run.steps(22);
    expect(later[21].fitted).toBeCloseTo(m, 6);
    phases.push([m, later[21].phase]);
  }
  expect(phases).toEqual([
    [0.7, 'importance'],
    [0.49, 'importance'],
    [0.47, 'uniform'],
    [0.55, 'uniform'],
    [0.59, 'uniform'],
    [0.61, 'importance'],
    [0.52, 'importance'],
  ]);
});
