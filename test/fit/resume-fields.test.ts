/** What steps and callbacks change in fields, and what recurrent layers have come to, beside a run that was not stopped. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { values } from '../support/small.ts';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const x = tf.randomNormal([70, 6], 0, 1, 'float32', 1);
const y = x.sum(1, true);
const init = (seed: number) => tf.initializers.glorotUniform({ seed });
const dense = (units: number, args: object = {}) =>
  tf.layers.dense({ units, kernelInitializer: init(units), ...args } as Parameters<typeof tf.layers.dense>[0]);

const modelOf = (layers: tf.layers.Layer[], optimizer: tf.Optimizer = tf.train.adam(0.02)): tf.LayersModel => {
  const model = tf.sequential({ layers: [...layers, dense(1)] });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return model;
};

/** Whether a run that is stopped after some steps and resumed, by another model, ends as a whole one does; what it warns of. */
async function compared(make: () => tf.LayersModel, args: FitArgs = {}, at = 10) {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const path = join(folder, `${Math.random()}`);
  const all = {
    engine: 'eager',
    method: uniform(),
    shuffle: false,
    batchSize: 10,
    epochs: 3,
    seed: 1,
    verbose: 0,
  } as const;
  const whole = make();
  const { history } = await fit(whole, x, y, { ...all, ...args });
  const stop = new AbortController();
  const onStep: FitArgs['onStep'] = ({ step }) => void (step === at && stop.abort());
  await fit(make(), x, y, { ...all, ...args, checkpoint: { path, every: 2 }, signal: stop.signal, onStep });
  const again = make();
  const rest = await fit(again, x, y, { ...all, ...args, resume: path });
  const said = warned.mock.calls.map(([text]) => `${text}`).filter((text) => text.includes('no checkpoint has'));
  const isSame = `${values(whole)}` === `${values(again)}` && `${history.loss}` === `${rest.history.loss}`;
  return { isSame, said, again };
}

const at = (epoch: number, change: (model: tf.LayersModel) => void) => ({
  callbacks: { onEpochEnd: async (one: number) => void (one === epoch && change(last!)) },
});
let last: tf.LayersModel | undefined;
const remembered = (make: () => tf.LayersModel) => () => {
  last = make();
  return last;
};

describe('a stateful layer goes on with its states', () => {
  const sequence = { targetShape: [6, 1], batchInputShape: [10, 6] };
  const seeds = { stateful: true, kernelInitializer: init(1), recurrentInitializer: init(2) };
  it.each<[string, () => tf.layers.Layer[]]>([
    ['gru', () => [tf.layers.reshape(sequence), tf.layers.gru({ units: 4, ...seeds })]],
    ['lstm', () => [tf.layers.reshape(sequence), tf.layers.lstm({ units: 4, ...seeds })]],
    [
      'two cells',
      () => [
        tf.layers.reshape(sequence),
        tf.layers.rnn({
          stateful: true,
          cell: [tf.layers.lstmCell({ units: 3, ...seeds }), tf.layers.gruCell({ units: 2, ...seeds })],
        }),
      ],
    ],
    [
      'convLstm2d',
      () => [
        tf.layers.reshape({ ...sequence, targetShape: [3, 2, 1, 1] }),
        tf.layers.convLstm2d({ filters: 2, kernelSize: 1, ...seeds }) as tf.layers.Layer,
        tf.layers.flatten(),
      ],
    ],
  ])('%s', async (_, layers) => {
    const { isSame, said } = await compared(() => modelOf(layers()));
    expect([isSame, said]).toEqual([true, []]);
  });
});

class Counting extends tf.layers.Layer {
  static className = 'CountingForResume';
  n = 0;
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) {
    if (kwargs?.training) this.n++;
    return tf.mul([inputs].flat()[0], 1 + 0.05 * this.n);
  }
}

describe('a number is kept', () => {
  it('that a layer counts', async () => {
    const { isSame, said } = await compared(() => modelOf([dense(4, { inputShape: [6] }), new Counting({})]));
    expect([isSame, said]).toEqual([true, []]);
  });

  const deep = () =>
    modelOf([
      dense(8, { inputShape: [6], kernelRegularizer: tf.regularizers.l2({ l2: 0.001 }) }),
      tf.layers.dropout({ rate: 0.8 }),
    ]);
  type Fields = { [field: string]: number & Fields };
  it.each<[string, (model: tf.LayersModel) => void]>([
    ['rate of dropout', ({ layers }) => Object.assign(layers[1], { rate: 0 })],
    [
      'factor of a regularizer',
      ({ layers }) => Object.assign((layers[0] as unknown as Fields).kernelRegularizer, { l2: 0.5 }),
    ],
    ['β of the optimizer', ({ optimizer }) => Object.assign(optimizer, { beta1: 0.1 })],
  ])('that a callback sets: %s', async (_, change) => {
    for (const engine of ['eager', 'auto'] as const) {
      const { isSame, said } = await compared(remembered(deep), { engine, ...at(0, change) });
      expect([isSame, said]).toEqual([true, []]);
    }
  });

  it('and put back where the resume fails', async () => {
    const path = join(folder, 'refused');
    const args = { engine: 'eager', method: uniform(), batchSize: 10, seed: 1, verbose: 0 } as const;
    const lowering = at(0, ({ layers }) => Object.assign(layers[1], { rate: 0 }));
    await fit(remembered(deep)(), x, y, { ...args, ...lowering, epochs: 2, checkpoint: { path } });
    const model = deep();
    const refusing = Object.assign(new (class Refusing extends tf.Callback {})(), {
      state: () => 1,
      restore: () => {
        throw new Error('not mine');
      },
    });
    const kept = [{ state: () => 1, restore: () => {} }, lowering.callbacks];
    await fit(remembered(deep)(), x, y, {
      ...args,
      callbacks: [refusing, ...kept] as FitArgs['callbacks'],
      epochs: 2,
      checkpoint: { path },
    });
    const callbacks = [refusing, ...kept] as FitArgs['callbacks'];
    await expect(fit(model, x, y, { ...args, epochs: 3, callbacks, resume: path })).rejects.toThrow(/not mine/);
    expect((model.layers[1] as unknown as Fields).rate).toBe(0.8);
  });
});

class Averaging extends tf.layers.Layer {
  static className = 'AveragingForResume';
  mean: tf.Tensor = tf.zeros([4]);
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) {
    const [one] = [inputs].flat();
    if (kwargs?.training) {
      const before = this.mean;
      this.mean = tf.keep(tf.tidy(() => before.mul(0.9).add(one.mean(0).mul(0.1))));
      before.dispose();
    }
    return tf.sub(one, this.mean);
  }
}

class Moving extends tf.layers.Layer {
  static className = 'MovingForResume';
  readonly mean = tf.variable(tf.zeros([4]), false);
  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) {
    return tf.tidy(() => {
      const [one] = [inputs].flat();
      if (kwargs?.training) this.mean.assign(this.mean.mul(0.9).add(one.mean(0).mul(0.1)));
      return one.sub(this.mean);
    });
  }
}

/** Makes a table at its first call, and anew for another number of rows: nothing to keep. */
class Table extends tf.layers.Layer {
  static className = 'TableForResume';
  isReady = false;
  rows = 0;
  table?: tf.Tensor;
  override call(inputs: tf.Tensor | tf.Tensor[]) {
    const [one] = [inputs].flat();
    if (!this.isReady || this.rows !== one.shape[0]) {
      this.table?.dispose();
      this.table = tf.keep(tf.linspace(0, 1, one.shape[1]!));
      this.isReady = true;
      this.rows = one.shape[0];
    }
    return tf.add(one, this.table!);
  }
}

describe('what no checkpoint has', () => {
  const first = () => dense(4, { inputShape: [6] });

  it.each<[string, () => tf.LayersModel, FitArgs, RegExp]>([
    [
      'a tensor of a layer',
      () => modelOf([first(), new Averaging({ name: 'av' })]),
      {},
      /changes mean of the layer av, which/,
    ],
    [
      'a variable of a layer',
      () => modelOf([first(), new Moving({ name: 'mv' })]),
      {},
      /changes mean of the layer mv, which/,
    ],
    [
      'an activation that is exchanged',
      () => modelOf([dense(4, { inputShape: [6], activation: 'relu', name: 'act' })]),
      at(0, ({ layers }) =>
        Object.assign(layers[0], {
          activation: { apply: (one: tf.Tensor) => tf.tanh(one), getClassName: () => 'tanh' },
        }),
      ),
      /changes activation\.apply of the layer act and 1 more, which/,
    ],
    [
      'a tensor of the optimizer',
      () => modelOf([first()], tf.train.momentum(0.02, 0.9)),
      at(0, ({ optimizer }) => Object.assign(optimizer, { m: tf.scalar(0.1) })),
      /changes m of the optimizer, which/,
    ],
  ])('is named: %s', async (_, make, args, told) => {
    const { said } = await compared(remembered(make), args);
    expect(said.length).toBeGreaterThan(0);
    for (const one of said) expect(one).toMatch(told);
  });

  it('is not a table that a layer makes', async () => {
    const { isSame, said } = await compared(() => modelOf([first(), new Table({})]));
    expect([isSame, said]).toEqual([true, []]);
  });
});
