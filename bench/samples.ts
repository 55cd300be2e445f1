/**
 * What it costs to keep what became of each sample (`history.samples`), as a share of the training step: what the step
 * computes for it in the compiled program, and what is put down of it afterwards.
 */
import * as tf from '@tensorflow/tfjs';
import { SampleMemory } from '../src/fit/sample-memory.ts';
import { CompiledLearner } from '../src/learner/compiled.ts';
import { median } from './median.ts';
import { batchFor, type Net, nets } from './nets.ts';

/** Times in milliseconds, medians. */
interface Row {
  readonly net: string;
  /** A step that computes nothing for the samples, and one that does. */
  readonly without: number;
  readonly step: number;
  /** What is put down after it. */
  readonly kept: number;
  readonly share: number;
}

/** Samples of the data set: more than caches hold. */
const length = 1_000_000;

export default async function samples(options: { json: boolean; only?: string; rounds?: number }): Promise<void> {
  const { json, only = '', rounds } = options;
  tf.enableProdMode();
  await tf.setBackend('cpu');
  const rows: Row[] = [];
  for (const net of nets) {
    if (/LSTM|Mobile|encoder/.test(net.net) || !net.net.toLowerCase().includes(only.toLowerCase())) continue;
    const row = await measure(net, rounds ?? net.rounds);
    rows.push(row);
    if (json) continue;
    const { without, step, kept, share } = row;
    console.log(
      `${row.net.padEnd(10)} step ${without.toFixed(3)} ms without, ${step.toFixed(3)} ms with, put down ${kept.toFixed(3)} ms: ${(100 * share).toFixed(2)} %`,
    );
  }
  if (json) console.log(JSON.stringify(rows));
}

async function measure({ net, model: make, batch: size }: Net, rounds: number): Promise<Row> {
  // A loss that is not known by its name has the same gradient, and no answers.
  const unknown = (labels: tf.Tensor, outputs: tf.Tensor) => tf.metrics.categoricalCrossentropy(labels, outputs);
  const learners: CompiledLearner[] = [];
  for (const loss of [unknown as unknown as string, 'categoricalCrossentropy']) {
    const model = make();
    model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss });
    const learner = new CompiledLearner(model);
    await learner.prepare(batchFor(model, size));
    learners.push(learner);
  }
  const batch = batchFor(make(), size);
  const memory = new SampleMemory(length);
  const times: readonly [number[], number[], number[]] = [[], [], []];
  for (let round = -3; round < rounds; round++) {
    const indices = Int32Array.from({ length: size }, (_, k) => ((round + 3) * 7919 + k * 104_729) % length);
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    for (const k of order) {
      const before = performance.now();
      const { losses, answers } = await learners[k].step(batch);
      const after = performance.now();
      if ((answers !== undefined) !== (k === 1)) throw new Error('answers where there are none, or none');
      if (round >= 0) times[k].push(after - before);
      if (k === 0) continue;
      memory.add(indices, losses, answers);
      if (round >= 0) times[2].push(performance.now() - after);
    }
  }
  for (const learner of learners) await learner.dispose();
  const [without, step, kept] = times.map(median);
  return { net, without, step, kept, share: (step - without + kept) / without };
}
