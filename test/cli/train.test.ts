import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../../src/models/save-model.ts';
import { type PickedEvent, type PointEvent, readConfig, readEvents } from '../../src/report/record.ts';
import { run } from './run.ts';

let scratch: string;
let model: string;
beforeAll(async () => {
  await tf.ready();
  scratch = await mkdtemp(join(tmpdir(), 'unequal-train-'));
  const net = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [28, 28, 1] }),
      tf.layers.dense({ units: 16, activation: 'relu', kernelInitializer: tf.initializers.heNormal({ seed: 1 }) }),
      tf.layers.dense({ units: 10, activation: 'softmax', kernelInitializer: tf.initializers.heNormal({ seed: 2 }) }),
    ],
  });
  await saveModel(net, join(scratch, 'net'));
  model = join(scratch, 'net', 'model.json');
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const command = (epochs: number) => [
  ...['train', '--model', model, '--data', 'mnist', '--samples', '1000', '--test-samples', '200', '--batch-size', '20'],
  ...['--method', 'importance', '--option', 'start=0.5', '--seed', '5', '--epochs', String(epochs), '--quiet'],
];
const weights = (folder: string) => readFile(join(folder, 'model', 'weights.bin'));

describe('unequal train', () => {
  it('trains a saved model, and goes on after Ctrl-C as if nothing had been, bit for bit', async () => {
    const whole = join(scratch, 'whole');
    const straight = await run([...command(4), '--out', whole, '--json']);
    expect([straight.code, straight.err]).toEqual([0, '']);
    const { results } = JSON.parse(straight.out);
    expect(results[0]).toMatchObject({ method: 'importance', steps: 200, epochs: 4 });
    expect(results[0].importanceShare).toBeGreaterThan(0.1);
    expect(results[0].testError).toBeLessThan(0.6);
    expect(results[0].explanation[2]).toMatch(/^200 steps in .* s: \d+ uniform, \d+ by importance\.$/);
    expect(results[0].explanation[3]).toMatch(/^Step \d+, .* s: on\. τ .* exceeds 0\.50, the threshold given\.$/);

    // Not what was asked for, but what it came to.
    expect(await readConfig(whole)).toMatchObject({ engine: 'compiled' });

    const part = join(scratch, 'part');
    const controller = new AbortController();
    const stopped = run([...command(4), '--out', part], controller.signal);
    const metrics = join(part, 'metrics.ndjson');
    while (!(existsSync(metrics) && readFileSync(metrics, 'utf8').includes('"point"'))) await turn();
    controller.abort();
    const { code, out } = await stopped;
    expect([code, out.trim().split('\n').at(-1)]).toEqual([130, `Go on with: unequal train --resume ${part}`]);
    expect(await weights(part)).not.toEqual(await weights(whole));
    expect(existsSync(join(part, 'report.html'))).toBe(true);

    const resumed = await run(['train', '--resume', part, '--quiet', '--json']);
    expect([resumed.code, resumed.err]).toEqual([0, '']);
    expect(JSON.parse(resumed.out).results[0]).toMatchObject({
      steps: 200,
      epochs: 4,
      trainLoss: results[0].trainLoss,
    });
    // It explains the whole run, and not only what came after.
    expect(JSON.parse(resumed.out).results[0].explanation[2]).toMatch(/^200 steps/);
    expect(await weights(part)).toEqual(await weights(whole));
    // The record is that of one run as well.
    const told = async (folder: string) => {
      const { events } = await readEvents(folder);
      const points = events.filter((event): event is PointEvent => event.type === 'point');
      const picked = events.findLast((event): event is PickedEvent => event.type === 'picked');
      return { points: points.map(({ seconds: _, ...point }) => point), picked: picked?.picked };
    };
    expect(await told(part)).toEqual(await told(whole));
  });

  it('takes only a longer budget when it resumes', async () => {
    const folder = join(scratch, 'short');
    await run([...command(1), '--out', folder]);
    const wrong = await run(['train', '--resume', folder, '--seed', '6']);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/--seed does not go with --resume/);
    const more = await run(['train', '--resume', folder, '--epochs', '2', '--quiet', '--json']);
    expect(JSON.parse(more.out).results[0]).toMatchObject({ steps: 100, epochs: 2 });
  });

  it('stops after its seconds', async () => {
    const timed = [
      ...command(1).filter((word, k, all) => word !== '--epochs' && all[k - 1] !== '--epochs'),
      '--seconds',
      '0.5',
    ];
    const { code, out } = await run([...timed, '--out', join(scratch, 'timed'), '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out).results[0].seconds).toBeGreaterThanOrEqual(0.5);
  });
});

describe('model files', () => {
  it('read what they wrote, and refuse what is no model', async () => {
    const one = await loadModel(model);
    await saveModel(one, join(scratch, 'again'));
    expect(await readFile(join(scratch, 'again', 'weights.bin'))).toEqual(
      await readFile(join(scratch, 'net', 'weights.bin')),
    );
    const two = await loadModel(join(scratch, 'again', 'model.json'));
    const x = tf.randomNormal([3, 28, 28, 1]);
    expect(await (two.predict(x) as tf.Tensor).data()).toEqual(await (one.predict(x) as tf.Tensor).data());
    await expect(loadModel(import.meta.filename)).rejects.toThrow(/is no model that can be trained/);
  });
});
