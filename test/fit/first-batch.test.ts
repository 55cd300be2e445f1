/** Code of a model that keeps what its first batch gave: that is the first batch of the training, as by model.fit, and none that was tried. */
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset().mockImplementation(() => {}));
afterEach(() => void warn.mockReset());

const x = tf.randomNormal<tf.Rank.R2>([96, 4], 0, 1, 'float32', 1);
const y = tf.sum(x, 1, true);
const args = { epochs: 3, batchSize: 16, shuffle: false, verbose: 0 } as const;

abstract class Scaled extends tf.layers.Layer {
  static className = 'ScaledByTheFirst';

  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    return tf.div(x, this.scaleOf(x));
  }

  protected abstract scaleOf(x: tf.Tensor): tf.Tensor;
}

class Private extends Scaled {
  static override className = 'PrivateScale';
  #scale: tf.Tensor | undefined;

  protected override scaleOf(x: tf.Tensor): tf.Tensor {
    this.#scale ??= tf.keep(tf.mean(tf.abs(x)));
    return this.#scale;
  }
}

const scales = new WeakMap<object, tf.Tensor>();

class Elsewhere extends Scaled {
  static override className = 'ScaleElsewhere';

  protected override scaleOf(x: tf.Tensor): tf.Tensor {
    if (!scales.has(this)) scales.set(this, tf.keep(tf.mean(tf.abs(x))));
    return scales.get(this)!;
  }
}

class Anchored extends Scaled {
  static override className = 'AnchoredScale';
  #first: tf.Tensor | undefined;
  private weight: tf.LayerVariable | undefined;

  override build(): void {
    this.weight = this.addWeight('scale', [1], 'float32', tf.initializers.ones());
    this.built = true;
  }

  protected override scaleOf(): tf.Tensor {
    const now = this.weight!.read();
    this.#first ??= tf.keep(now.clone());
    return tf.add(now, tf.mul(0.5, tf.square(tf.sub(now, this.#first))));
  }
}

function model({ layer, loss = 'meanSquaredError' }: { layer?: tf.layers.Layer; loss?: unknown }): tf.LayersModel {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const model = tf.sequential();
  model.add(tf.layers.dense({ units: 4, activation: 'tanh', inputShape: [4], kernelInitializer }));
  if (layer) model.add(layer);
  model.add(tf.layers.dense({ units: 1, kernelInitializer }));
  model.compile({ optimizer: tf.train.sgd(0.02), loss: loss as string });
  return model;
}

const models: Record<string, () => tf.LayersModel> = {
  'a number that a loss divides by': () => {
    let scale: tf.Tensor | undefined;
    const loss = (t: tf.Tensor, p: tf.Tensor) => {
      scale ??= tf.keep(tf.mean(tf.abs(tf.add(t, p))));
      return tf.div(tf.mean(tf.square(tf.sub(t, p)), -1), scale);
    };
    return model({ loss });
  },
  'a private field of a layer': () => model({ layer: new Private({}) }),
  'what a map outside has for a layer': () => model({ layer: new Elsewhere({}) }),
  'the weight that a layer began with': () => model({ layer: new Anchored({}) }),
};

describe.each(Object.entries(models))('%s', (_, make) => {
  it.each<[string, Partial<FitArgs>]>([
    ['uniform sampling', { method: uniform() }],
    ['eager uniform sampling', { method: uniform(), engine: 'eager' }],
    ['the default', {}],
    ['the default, eagerly', { engine: 'eager' }],
  ])('by %s', async (_, options) => {
    const expected = (await make().fit(x, y, args)).history.loss as number[];
    const { history } = await fit(make(), x, y, { ...args, ...options });
    for (const [epoch, loss] of expected.entries()) expect(history.loss[epoch]).toBeCloseTo(loss, 5);
    if (!options.engine) expect(warn.mock.calls.flat()).toContainEqual(expect.stringMatching(/training eagerly/));
  });
});
