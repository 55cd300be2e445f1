/** A program's tests fake timers: training goes on, as by model.fit, and theirs are left as they were. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, it, vi } from 'vitest';
import { newSession } from '../../src/compiler/new-session.ts';
import { fit } from '../../src/fit/fit.ts';

afterEach(() => void vi.useRealTimers());

const x = tf.randomNormal<tf.Rank.R2>([20, 3], 0, 1, 'float32', 1);
const y = tf.sum(x, 1, true);

const train = () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [3] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return fit(model, x, y, { epochs: 2, batchSize: 4, verbose: 0, engine: 'compiled' });
};

it('trains while timers are faked, and after', async () => {
  vi.useFakeTimers();
  const fake = globalThis.setImmediate;
  const seen: unknown[] = [];
  setImmediate(() => seen.push('theirs'));

  const { history } = await train();

  expect(history.loss).toHaveLength(2);
  expect(globalThis.setImmediate).toBe(fake);
  expect(seen).toEqual([]);
  vi.runAllTimers();
  expect(seen).toEqual(['theirs']);

  vi.useRealTimers();
  expect((await train()).history.loss).toHaveLength(2);
});

it('two at once leave the faked timers as they were', async () => {
  vi.useFakeTimers();
  const fake = globalThis.setImmediate;
  await Promise.all([train(), train()]);
  expect(globalThis.setImmediate).toBe(fake);
});

it('timers that are given back while a session is made stay', async () => {
  const own = globalThis.setImmediate;
  const session = { run: async () => ({}), release: async () => {} };
  vi.useFakeTimers();
  const making = newSession({ InferenceSession: { create: async () => session } }, new Uint8Array(), {});
  expect(globalThis.setImmediate).not.toBe(own);
  vi.useRealTimers();
  await making;
  expect(globalThis.setImmediate).toBe(own);
});

it('trains where there is no setImmediate, as in jsdom', async () => {
  const own = globalThis.setImmediate;
  try {
    globalThis.setImmediate = undefined as never;
    expect((await train()).history.loss).toHaveLength(2);
    expect(globalThis.setImmediate).toBeUndefined();
  } finally {
    globalThis.setImmediate = own;
  }
});

it('trains where timers were faked before it was loaded', async () => {
  vi.useFakeTimers();
  vi.resetModules();
  const { newSession } = await import('../../src/compiler/new-session.ts');
  const run = () => new Promise<Record<string, never>>((resolve) => void setImmediate(() => resolve({})));
  const session = await newSession(
    { InferenceSession: { create: async () => ({ run, release: async () => {} }) } },
    new Uint8Array(),
    {},
  );
  await session.run({});
});
