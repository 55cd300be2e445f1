/**
 * What it costs to check every batch of Samples or of a stream (shapes, lengths, types, finite numbers, labels), as a share of
 * the training step on it. Arrays in memory are checked once. Target: 1 %.
 */
import * as tf from '@tensorflow/tfjs';
import { toModelBatch } from '../src/fit/provider.ts';
import { LossWeights } from '../src/fit/weights.ts';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { compiledModel } from '../src/learner/model.ts';
import { median } from './median.ts';
import { batchFor, type Net, nets } from './nets.ts';

/** Times in milliseconds, medians. */
interface Row {
  readonly net: string;
  readonly numbers: number;
  readonly step: number;
  readonly check: number;
  readonly share: number;
}

export default async function checks(options: { json: boolean; only?: string; rounds?: number }): Promise<void> {
  const { json, only = '', rounds } = options;
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const rows: Row[] = [];
  for (const net of nets) {
    if (/LSTM|WRN|Mobile|encoder/.test(net.net) || !net.net.toLowerCase().includes(only.toLowerCase())) continue;
    const row = await measure(net, rounds ?? net.rounds);
    rows.push(row);
    if (json) continue;
    const { numbers, step, check, share } = row;
    console.log(
      `${row.net.padEnd(10)} ${numbers} numbers: step ${step.toFixed(2)} ms, check ${check.toFixed(3)} ms, ${(100 * share).toFixed(2)} %`,
    );
  }
  if (json) console.log(JSON.stringify(rows));
}

async function measure({ net, model: make, batch: size }: Net, rounds: number): Promise<Row> {
  const model = make();
  model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
  const compiled = compiledModel(model);
  const batch = batchFor(model, size);
  const learner = new CompiledLearner(model);
  await learner.prepare(batch);
  const weights = new LossWeights(compiled, undefined);
  const name = (row: number) => row;
  const [steps, looks]: number[][] = [[], []];
  // The first rounds warm both up. They take turns, as in training, so that the check finds the caches as a step leaves them.
  for (let round = -3; round < rounds; round++) {
    const before = performance.now();
    toModelBatch(compiled, batch.xs, batch.ys, undefined, weights, { size, name });
    const between = performance.now();
    await learner.step(batch);
    const after = performance.now();
    if (round < 0) continue;
    looks.push(between - before);
    steps.push(after - between);
  }
  await learner.dispose();
  const [step, check] = [median(steps), median(looks)];
  const numbers = [...batch.xs, ...batch.ys].reduce((sum, { data }) => sum + data.length, 0);
  return { net, numbers, step, check, share: check / step };
}
