import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dataTeller } from '../../src/cli/sweep-data.ts';
import { saveModel } from '../../src/models/save-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'unequal-sweep-data-'));
const [data, model] = ['rows.csv', 'model'].map((name) => join(folder, name));
beforeAll(async () => {
  await tf.setBackend('cpu');
  writeFileSync(data, ['a,b,label', ...Array.from({ length: 20 }, (_, k) => `${k},${k % 3},${k % 2}`)].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function saved(seed: number, activation: 'relu' | 'tanh') {
  const kernelInitializer = tf.initializers.glorotUniform({ seed });
  const layers = [
    tf.layers.dense({ units: 4, activation, kernelInitializer, inputShape: [2] }),
    tf.layers.dense({ units: 2, activation: 'softmax', kernelInitializer }),
  ];
  await saveModel(tf.sequential({ layers }), model);
}

it('tells a saved model from one of other weights or layers', async () => {
  // Each teller looks once.
  const told = () => dataTeller()({ data, target: 'label', model });
  await saved(1, 'relu');
  const first = await told();
  expect(await told()).toBe(first);
  await saved(2, 'relu');
  const weights = await told();
  await saved(1, 'tanh');
  const layers = await told();
  expect(new Set([first, weights, layers]).size).toBe(3);
});
