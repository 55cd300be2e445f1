import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { lstm } from '../../src/models/lstm.ts';
import { mlp } from '../../src/models/mlp.ts';
import { SampleNormalization } from '../../src/models/sample-normalization.ts';
import { smallCnn } from '../../src/models/small-cnn.ts';
import { wideResnet } from '../../src/models/wide-resnet.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('the networks of the experiments', () => {
  it.each([
    ['small CNN', () => smallCnn(), 554_346],
    ['MLP', () => mlp(), 784 * 512 + 512 + 2 * (512 * 512 + 512) + 512 * 10 + 10],
    ['LSTM', () => lstm(), 4 * (1 * 128 + 128 * 128 + 128) + 1290],
    ['WRN-28-2', () => wideResnet(), 1_465_827],
    ['WRN-28-2 with batch normalisation', () => wideResnet({ normalization: 'batch' }), 1_467_610 + 2 * 1808],
  ])('%s has the parameters of its paper', (_, make, parameters) => {
    expect(make().countParams()).toBe(parameters);
  });

  it('draws the same weights from the same seed', () => {
    const sum = (seed: number) =>
      tf.tidy(
        () =>
          tf
            .addN(
              wideResnet({ depth: 10, width: 1, seed })
                .getWeights()
                .map((w) => w.sum()),
            )
            .dataSync()[0],
      );
    expect(sum(1)).toBe(sum(1));
    expect(sum(1)).not.toBe(sum(2));
  });

  it('refuses a depth no wide residual network has', () => {
    expect(() => wideResnet({ depth: 27 })).toThrow(/6n \+ 4/);
  });
});

describe('SampleNormalization', () => {
  const plain = (x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor) => {
    const { mean, variance } = tf.moments(x, [1, 2, 3], true);
    return x.sub(mean).div(variance.add(1e-3).sqrt()).mul(gain).add(bias);
  };

  it('has the value and the gradients of its definition', () => {
    const x = tf.randomNormal([3, 4, 5, 6], 0.5, 2, 'float32', 1);
    const r = tf.randomNormal([3, 4, 5, 6], 0, 1, 'float32', 2);
    const layer = new SampleNormalization();
    layer.apply(x);
    const [gain, bias] = [tf.tensor([1.7]), tf.randomNormal([6], 0, 1, 'float32', 3)];
    layer.setWeights([gain, bias]);
    expect(tf.max(tf.abs(tf.sub(layer.apply(x) as tf.Tensor, plain(x, gain, bias)))).dataSync()[0]).toBeLessThan(1e-5);

    const want = tf.grads((x, gain, bias) => plain(x, gain, bias).mul(r).sum())([x, gain, bias]);
    const got = tf.grads((x) => (layer.apply(x) as tf.Tensor).mul(r).sum())([x]);
    const ofWeights = tf.variableGrads(() => (layer.apply(x) as tf.Tensor).mul(r).sum().asScalar()).grads;
    for (const [i, g] of [got[0], ...Object.values(ofWeights)].entries()) {
      expect(g.shape).toEqual(want[i].shape);
      expect(tf.max(tf.abs(tf.sub(g, want[i]))).dataSync()[0]).toBeLessThan(2e-4);
    }
  });

  it('survives saving and loading', async () => {
    const model = wideResnet({ depth: 10, width: 1, inputShape: [8, 8, 3], seed: 4 });
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
      }),
    );
    const again = await tf.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
    const x = tf.randomNormal([2, 8, 8, 3], 0, 1, 'float32', 5);
    expect(Array.from((again.predict(x) as tf.Tensor).dataSync())).toEqual(
      Array.from((model.predict(x) as tf.Tensor).dataSync()),
    );
  });
});
