/** Whatever layer comes last, `fit` trains by its default method, and says nothing. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';

beforeAll(() => tf.setBackend('cpu'));

const layers: Record<string, () => tf.layers.Layer[]> = {
  'an LSTM': () => [tf.layers.reshape({ targetShape: [2, 4], inputShape: [8] }), tf.layers.lstm({ units: 3 })],
  'a layer used twice': () => {
    const dense = tf.layers.dense({ units: 8, inputShape: [8], activation: 'tanh' });
    return [dense, tf.layers.dense({ units: 3, activation: 'softmax' })];
  },
};

it.each(Object.entries(layers))('%s', async (_, make) => {
  const model = tf.sequential({ layers: make() });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { history } = await fit(model, tf.randomNormal([64, 8]), tf.randomNormal([64, 3]), { epochs: 3, seed: 1 });
  expect(history.loss.every((loss) => Number.isFinite(loss as number))).toBe(true);
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
});
