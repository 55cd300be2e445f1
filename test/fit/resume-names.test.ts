/** Runs that are gone on with in a process in which TensorFlow.js calls the same layers otherwise. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CSVLogger } from '../../src/fit/csv-logger.ts';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
});
afterAll(() => rm(folder, { recursive: true }));

const x = tf.randomNormal([48, 4], 0, 1, 'float32', 1);
const ys = [tf.sum(x, 1, true), tf.mean(x, 1, true)];
const args = { batchSize: 16, seed: 1, verbose: 0, validationSplit: 0.25, method: uniform() } as const;

function make(name?: string): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const inputs = tf.input({ shape: [4] });
  const hidden = tf.layers.dense({ units: 5, activation: 'tanh', kernelInitializer }).apply(inputs);
  const output = (named: string | undefined) =>
    tf.layers.dense({ units: 1, kernelInitializer, name: named }).apply(hidden) as tf.SymbolicTensor;
  const model = tf.model({ inputs, outputs: [output(name), output(undefined)] });
  model.compile({ optimizer: tf.train.momentum(0.05, 0.9), loss: 'meanSquaredError', metrics: 'mae' });
  return model;
}

it('several outputs without names go on, with the names of now', async () => {
  const path = join(folder, 'ck');
  const log = join(folder, 'log.csv');
  const whole = make();
  const expected = Object.values((await fit(whole, x, ys, { ...args, epochs: 4 })).history);
  await fit(make(), x, ys, { ...args, epochs: 2, checkpoint: { path }, callbacks: new CSVLogger(log) });
  const resumed = make();
  const { history } = await fit(resumed, x, ys, { ...args, epochs: 4, resume: path, callbacks: new CSVLogger(log) });
  expect(Object.values(history)).toEqual(expected);
  expect(Object.keys(history)).toContain(`val_${resumed.outputNames[1]}_mae`);
  expect(resumed.getWeights().map((w) => w.dataSync())).toEqual(whole.getWeights().map((w) => w.dataSync()));
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  expect(lines.map((line) => line.split(',').filter(Boolean).length)).toEqual(Array(5).fill(1 + expected.length));
});

it('outputs that a program has given other names are another run', async () => {
  const path = join(folder, 'named');
  await fit(make('price'), x, ys, { ...args, epochs: 1, checkpoint: { path } });
  await expect(fit(make('rent'), x, ys, { ...args, epochs: 2, resume: path })).rejects.toThrow(/metrics.*price.*rent/);
});

it('another metric of one output is another run, whatever it is called', async () => {
  const path = join(folder, 'metric');
  const of = (name: string) => {
    const metric = { [name]: (t: tf.Tensor, p: tf.Tensor) => tf.mean(tf.abs(tf.sub(t, p)), -1) }[name];
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [metric] });
    return model;
  };
  await fit(of('recall_At5_micro'), x, ys[0], { ...args, epochs: 1, checkpoint: { path } });
  const other = fit(of('recall_At1_micro'), x, ys[0], { ...args, epochs: 2, resume: path });
  await expect(other).rejects.toThrow(/metrics.*recall_At5.*recall_At1/);
});
