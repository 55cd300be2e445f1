/**
 * The cost of an importance iteration against models of its cost: in two passes B·t_f + b·(t_f + t_b), which is the
 * paper's (section 3.3), and in one graph B·t_f + b·t_b. All are measured in turn, in one run, so that the machine's
 * moods are shared.
 */
import * as tf from '@tensorflow/tfjs';
import { Costs } from '../src/decision/index.ts';
import type { ModelBatch } from '../src/learner/batch.ts';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { importance } from '../src/methods/importance/importance.ts';
import { type Resample, type Source, weightedStep } from '../src/methods/method.ts';
import { resampled } from '../src/methods/resample.ts';
import { lstm } from '../src/models/lstm.ts';
import { mlp } from '../src/models/mlp.ts';
import { smallCnn } from '../src/models/small-cnn.ts';
import { wideResnet } from '../src/models/wide-resnet.ts';
import { distribution } from '../src/sampling/distribution.ts';
import { Random } from '../src/sampling/random.ts';
import { withoutReplacement } from '../src/sampling/without-replacement.ts';
import { median } from './median.ts';

const nets: { net: string; model: () => tf.LayersModel; b: number; rounds: number }[] = [
  { net: 'small CNN', model: () => smallCnn(), b: 128, rounds: 15 },
  { net: 'WRN-28-2', model: () => wideResnet(), b: 128, rounds: 4 },
  { net: 'MLP', model: () => mlp(), b: 128, rounds: 100 },
  { net: 'LSTM 784', model: () => lstm(), b: 32, rounds: 6 },
];
const presample = 3;

export default async function overhead({ json, only }: { json: boolean; only?: string }): Promise<void> {
  const rows = [];
  for (const { net, model, b, rounds } of nets) {
    if (only !== undefined && !net.toLowerCase().includes(only.toLowerCase())) continue;
    const row = { net, ...(await measure(model(), b, rounds)) };
    rows.push(row);
    if (!json) {
      console.log(
        `${net.padEnd(10)} one graph ${row.iteration.toFixed(1)} ms, ${row.ratio.toFixed(3)} of B·t_f + b·t_b;` +
          ` two passes ${row.twoPasses.toFixed(1)} ms, ${row.twoPassRatio.toFixed(3)} of B·t_f + b·(t_f + t_b);` +
          ` B·t_f ${row.forward.toFixed(1)}, b·t_f ${row.batchForward.toFixed(1)}, b·(t_f + t_b) ${row.step.toFixed(1)};` +
          ` sampling ${row.sampling.toFixed(3)} ms (${(row.samplingShare * 100).toFixed(2)} % of a step)`,
      );
    }
  }
  if (json) console.log(JSON.stringify(rows));
}

async function measure(model: tf.LayersModel, b: number, rounds: number) {
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const learner = new CompiledLearner(model);
  const B = presample * b;
  const data = batchFor(model, 8 * B);
  const indices = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
  const rows = (n: number): ModelBatch => ({
    size: n,
    xs: data.xs.map((x) => ({
      ...x,
      data: x.data.slice(0, (x.data.length / data.size) * n),
      shape: [n, ...x.shape.slice(1)],
    })),
    ys: data.ys.map((y) => ({
      ...y,
      data: y.data.slice(0, (y.data.length / data.size) * n),
      shape: [n, ...y.shape.slice(1)],
    })),
  });
  const [pool, batch] = [rows(B), rows(b)];
  // The presample is at hand in all three measurements: reading data is no part of the model.
  const source: Source = {
    length: data.size,
    next: async (n) => ({ batch: n === B ? pool : batch, indices: indices(n) }),
    at: async () => batch,
  };
  const random = new Random(1);
  const context = { learner, source, random, costs: new Costs(), batchSize: b };
  const zero = () => 0;
  const whole = { ...context, progress: zero, epoch: zero, seconds: zero };
  const sampler = importance({ scores: 'fresh', weightPower: 1, presample, start: 'always' }).sampler(whole);
  const update = weightedStep(whole);
  const names = ['forward', 'batchForward', 'step', 'iteration', 'twoPasses', 'sampling'] as const;
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<
    (typeof names)[number],
    number[]
  >;
  const timed = async (name: keyof typeof times, run: () => Promise<unknown> | unknown) => {
    const start = performance.now();
    const result = await run();
    times[name].push(performance.now() - start);
    return result;
  };
  for (let round = -1; round < rounds; round++) {
    const scores = (await timed('forward', () => learner.scores(pool, 'upper-bound'))) as Float32Array;
    await timed('batchForward', () => learner.scores(batch, 'upper-bound'));
    await timed('step', () => learner.step(batch));
    await timed('sampling', () => withoutReplacement(distribution(scores, { mixture: 0.1 }), b, random));
    await timed('iteration', async () => {
      const { pool: from, request } = (await sampler.draw(b)) as Resample;
      const result = await update.iterate!(from, request, 1);
      if ('why' in result) throw new Error(`this net has no graph of a whole iteration: ${result.why}`);
    });
    await timed('twoPasses', async () => {
      const pick = await resampled((await sampler.draw(b)) as Resample);
      await learner.step(pick.batch, pick.weights);
    });
    if (round < 0) for (const list of Object.values(times)) list.length = 0;
  }
  await learner.dispose();
  model.dispose();
  // Round by round, so that a slow moment is on both sides of its ratio.
  const over = (time: number[], model: (k: number) => number) => median(time.map((t, k) => t / model(k)));
  const { forward, batchForward, step, iteration, twoPasses } = times;
  return {
    ratio: over(iteration, (k) => forward[k] + step[k] - batchForward[k]),
    twoPassRatio: over(twoPasses, (k) => forward[k] + step[k]),
    ...(Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<keyof typeof times, number>),
    samplingShare: median(times.sampling) / median(step),
  };
}

function batchFor(model: tf.LayersModel, size: number): ModelBatch {
  const random = new Random(7);
  const shape = [size, ...(model.inputs[0].shape.slice(1) as number[])];
  const x = Float32Array.from({ length: shape.reduce((p, d) => p * d, 1) }, () => random.uniform());
  const classes = model.outputs[0].shape.at(-1)!;
  const y = new Float32Array(size * classes);
  for (let i = 0; i < size; i++) y[i * classes + random.integer(classes)] = 1;
  return {
    size,
    xs: [{ data: x, shape, dtype: 'float32' }],
    ys: [{ data: y, shape: [size, classes], dtype: 'float32' }],
  };
}
