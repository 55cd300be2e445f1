/** What `verbose` prints, by real processes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import { ProgressLine } from '../../src/fit/progress-line.ts';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(root, 'test/fit/verbose-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function output(args: string): string {
  const file = join(scratch, 'program.mjs');
  writeFileSync(
    file,
    `import * as tf from '@tensorflow/tfjs';
import { fit, uniform } from 'unequal';
const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: 'zeros' })] });
model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['mse'] });
const data = (n) => ({ data: Float32Array.from({ length: n }, (_, i) => i % 3), shape: [n / 2, 2], dtype: 'float32' });
console.log('fit:');
await fit(model, data(64), { ...data(32), shape: [32, 1] }, { epochs: 2, batchSize: 8, validationSplit: 0.25, method: uniform(), ${args} });`,
  );
  const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stderr.replace(/=+|Hi, looks like you are running TensorFlow.js.*|\s/g, '')).toBe('');
  // TensorFlow.js has greeted whoever made the model.
  return stdout.split('fit:\n')[1];
}

describe('verbose', () => {
  it('1 prints a line an epoch, training before validation', () => {
    const lines = output('verbose: 1')
      .split('\n')
      .filter((line) => line.startsWith('Epoch'));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/^Epoch 2\/2 3\/3 \d+\.\d s - loss: \d\.\d{4} - mse: .* - val_loss: .* - val_mse: /);
  });

  it('0 prints nothing at all', () => {
    expect(output('verbose: 0')).toBe('');
  });

  it('not given prints nothing of ours', () => {
    expect(output('')).not.toContain('Epoch');
  });
});

it('a terminal sees a bar that fills, in one line', async () => {
  let written = '';
  let time = 0;
  const screen = {
    isTTY: true,
    columns: 100,
    write: (text: string) => {
      written += text;
    },
  };
  const line = new ProgressLine(screen, 3, 4, () => time);
  await line.onEpochBegin(0);
  for (let batch = 0; batch < 4; batch++) {
    time += 500;
    await line.onBatchEnd(batch, { batch, size: 8, loss: 1 / (batch + 1) });
  }
  await line.onEpochEnd(0, { val_loss: 0.00001, loss: 0.5 });
  const drawn = written.split('\r\u001b[2K').slice(1);
  expect(drawn[1]).toBe(`Epoch 1/3 ${'━'.repeat(12)}${'─'.repeat(12)} 2/4 1.0 s - loss: 0.5000`);
  expect(drawn.at(-1)).toBe(`Epoch 1/3 ${'━'.repeat(24)} 4/4 2.0 s - loss: 0.5000 - val_loss: 1.000e-5\n`);
  expect(tf.memory().numTensors).toBe(0);
});
