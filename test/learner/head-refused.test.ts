import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import type { ModelBatch } from '../../src/learner/batch.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { classes, compiled, d, dense, input, n, normal, scores, x, y } from './small-heads.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('no upper bound', () => {
  const refused = async (model: tf.LayersModel, message: RegExp, batch?: ModelBatch) => {
    const scored = scores(model, batch);
    await expect(scored).rejects.toThrow(UnequalError);
    await expect(scored).rejects.toThrow(message);
  };

  it('for a recurrent last layer', async () => {
    for (const layer of [
      tf.layers.lstm({ units: classes, inputShape: [3, d] }),
      tf.layers.gru({ units: classes, inputShape: [3, d] }),
      tf.layers.bidirectional({
        layer: tf.layers.simpleRNN({ units: 2 }) as tf.RNN,
        mergeMode: 'concat',
        inputShape: [3, d],
      }),
    ]) {
      const model = compiled(tf.sequential({ layers: [layer, tf.layers.dropout({ rate: 0.1 })] }), 'meanSquaredError');
      await refused(model, /upper-bound score cannot be found.*recurrence.*score: 'loss'/);
    }
  });

  it('for one layer at the end of two outputs', async () => {
    const [a, b] = [input(), input()];
    const layer = dense(classes, 9, 'softmax');
    const outputs = [a, b].map((one) => layer.apply(one) as tf.SymbolicTensor);
    const model = compiled(tf.model({ inputs: [a, b], outputs }), 'categoricalCrossentropy');
    await refused(model, /the last layer .*, which is used more than once/, { size: n, xs: [x, x], ys: [y, y] });
  });

  it('for a last layer that is used twice on the way', async () => {
    const a = input([classes]);
    const layer = dense(classes, 9, 'softmax');
    const output = layer.apply(layer.apply(a)) as tf.SymbolicTensor;
    const model = compiled(tf.model({ inputs: a, outputs: output }), 'categoricalCrossentropy');
    await refused(model, /is used more than once/, { size: n, xs: [y], ys: [y] });
  });

  it('for a time-distributed layer without an activation', async () => {
    const layers = [tf.layers.timeDistributed({ layer: tf.layers.flatten(), inputShape: [3, 2, 2] })];
    const model = compiled(tf.sequential({ layers }), 'meanSquaredError');
    const batch = { size: 2, xs: [normal([2, 3, 2, 2])], ys: [normal([2, 3, 4])] };
    await refused(model, /Flatten in .*, a time-distributed layer/, batch);
  });

  it('for a model whose last part is used twice', async () => {
    const part = tf.sequential({
      layers: [tf.layers.dense({ units: classes, activation: 'softmax', inputShape: [classes] })],
    });
    const a = input([classes]);
    const output = part.apply(part.apply(a)) as tf.SymbolicTensor;
    const model = compiled(tf.model({ inputs: a, outputs: output }), 'categoricalCrossentropy');
    await refused(model, /is used more than once/, { size: n, xs: [y], ys: [y] });
    // It can still be trained.
    expect((await new EagerLearner(model).step({ size: n, xs: [y], ys: [y] })).scores).toBeUndefined();
  });

  it('but losses and gradient norms', async () => {
    const model = compiled(
      tf.sequential({ layers: [tf.layers.lstm({ units: 2, inputShape: [3, d] })] }),
      'meanSquaredError',
    );
    const batch = { size: 2, xs: [normal([2, 3, d])], ys: [normal([2, 2])] };
    const learner = new EagerLearner(model);
    expect((await learner.scores(batch, 'loss')).every((score) => score > 0)).toBe(true);
    expect((await learner.scores(batch, 'gradient-norm')).every((score) => score > 0)).toBe(true);
    expect((await learner.step(batch)).scores).toBeUndefined();
  });
});
