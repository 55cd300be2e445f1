/** What is no model, data, stream or clock, given to everything that trains: an UnequalError before a step, and nothing else. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { advise } from '../../src/advice/advise.ts';
import { UnequalError } from '../../src/errors.ts';
import { waitFor } from '../../src/fit/ask.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { irreducibleLosses } from '../../src/fit/irreducible-losses.ts';
import { race } from '../../src/fit/race.ts';
import { CompiledLearner } from '../../src/learner/compiled.ts';
import { EagerLearner } from '../../src/learner/eager.ts';
import { uniform } from '../../src/methods/uniform.ts';

beforeAll(() => tf.setBackend('cpu'));

const n = 16;
const layer = (trainable: boolean) => tf.layers.dense({ units: 1, inputShape: [2], trainable });
function model(trainable = true, layers = [layer(trainable)]): tf.LayersModel {
  const made = tf.sequential({ layers });
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return made;
}
const rows = (size: number, fill = 1) => ({ xs: tf.fill([size, 2], fill), ys: tf.zeros([size, 1]) });
const samples = () => ({ length: n, batch: ({ length }: ArrayLike<number>) => rows(length) });
const stream = (batches: () => Iterable<unknown>) => ({ iterator: async () => batches()[Symbol.iterator]() }) as never;
const good = () => stream(() => [rows(4), rows(4)]);
const quick = { engine: 'eager', method: uniform() } as const;

/** Everything that takes a model. */
const entries: [string, (make: () => tf.LayersModel) => Promise<unknown>][] = [
  ['fit', (make) => fit(make(), tf.ones([n, 2]), tf.ones([n, 1]), quick)],
  ['fit, compiled', (make) => fit(make(), tf.ones([n, 2]), tf.ones([n, 1]), { method: uniform() })],
  ['fit with Samples', (make) => fit(make(), samples(), quick)],
  ['fitDataset', (make) => fitDataset(make(), good(), quick)],
  ['race', (make) => race(make, samples(), [uniform()], { seconds: 0.01, engine: 'eager' })],
  ['advise', (make) => advise(make(), samples(), { seconds: 1, engine: 'eager' })],
  ['irreducibleLosses', (make) => irreducibleLosses(make, samples(), { epochs: 1, engine: 'eager' })],
  ['an eager learner', async (make) => new EagerLearner(make())],
  ['a compiled learner', async (make) => new CompiledLearner(make())],
];

const models: [string, () => unknown, RegExp][] = [
  ['nothing', () => undefined, /not a model/],
  ['null', () => null, /not a model/],
  ['a text', () => 'model', /not a model/],
  ['no compiled one', () => tf.sequential({ layers: [layer(true)] }), /not compiled/],
  [
    'a disposed one',
    () => {
      const made = model();
      made.dispose();
      return made;
    },
    /the model is disposed/,
  ],
  ['one whose weights are frozen', () => model(false), /nothing to train/],
  ['one without weights', () => model(true, [tf.layers.reLU({ inputShape: [2] }) as never]), /nothing to train|target/],
];

describe.each(entries)('%s', (entry, call) => {
  it.each(models)('refuses %s as a model', async (what, make, message) => {
    // What is looked at only may have no weights to train.
    if (entry.endsWith('learner') && /weights/.test(what)) return;
    const error = await call(make as () => tf.LayersModel).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(UnequalError);
    expect(error.message).toMatch(message);
  });
});

describe('arrays', () => {
  const y = { data: new Float32Array(n), shape: [n, 1], dtype: 'float32' };
  const x = { data: new Float32Array(2 * n), shape: [n, 2], dtype: 'float32' };
  it.each<[string, object, object, RegExp]>([
    ['a shape that is text', { ...x, shape: '32' }, y, /has no shape: got '32'/],
    ['a shape that is none', { ...x, shape: undefined }, y, /has no shape: got undefined/],
    ['a shape of half numbers', { ...x, shape: [n, 1.5] }, y, /has no shape/],
    ['no type', { ...x, dtype: undefined }, y, /a type that cannot be trained on: got undefined/],
    ['a type that every object has', { ...x, dtype: 'toString' }, y, /a type that cannot be trained on/],
    ['big integers', { ...x, data: new BigInt64Array(2 * n) }, y, /do not fill their shape: got 32 big integers/],
    ['a view of bytes', { ...x, data: new DataView(new ArrayBuffer(64)) }, y, /do not fill their shape/],
    ['too few numbers', { ...x, data: new Float32Array(10) }, y, /got 10 numbers for \[16, 2\]/],
  ])('%s are refused', async (_, xs, ys, message) => {
    const fitting = fit(model(), xs as never, ys as never, quick);
    await expect(fitting).rejects.toThrow(UnequalError);
    await expect(fitting).rejects.toThrow(message);
  });

  it('disposed tensors are refused', async () => {
    const gone = (shape: number[]) => {
      const tensor = tf.ones(shape);
      tensor.dispose();
      return tensor;
    };
    await expect(fit(model(), gone([n, 2]), y as never, quick)).rejects.toThrow(/the input .* is a disposed tensor/);
    await expect(fit(model(), x as never, gone([n, 1]), quick)).rejects.toThrow(/the target .* is a disposed tensor/);
    const weighted = fit(model(), x as never, y as never, { ...quick, sampleWeight: gone([n]) });
    await expect(weighted).rejects.toThrow(/sampleWeight is a disposed tensor/);
  });

  it.each(['3', null, undefined, true, 3n, {}, Number.NaN, -Infinity])('%s as a weight is refused', async (weight) => {
    const sampleWeight = Array.from({ length: n }, (_, i) => (i === 5 ? weight : 1)) as number[];
    const fitting = fit(model(), x as never, y as never, { ...quick, sampleWeight });
    await expect(fitting).rejects.toThrow(UnequalError);
    await expect(fitting).rejects.toThrow(/^sampleWeight of sample 5/);
  });

  it('class indices may be whole numbers of any type, and must be those', async () => {
    const classes = () => {
      const made = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2], activation: 'softmax' })] });
      made.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
      return made;
    };
    const numbers = Array.from({ length: n }, (_, i) => i % 3);
    for (const engine of ['eager', 'compiled'] as const) {
      const losses: unknown[] = [];
      for (const dtype of ['float32', 'int32']) {
        for (const data of [Float32Array.from(numbers), Int32Array.from(numbers)]) {
          const labels = { data, shape: [n, 1], dtype } as never;
          const made = classes();
          made.setWeights([tf.zeros([2, 3]), tf.zeros([3])]);
          losses.push((await fit(made, x as never, labels, { ...quick, engine, seed: 1 })).history.loss);
        }
      }
      for (const other of losses.slice(1)) expect(other).toEqual(losses[0]);
    }
    const half = { data: new Float32Array(n).fill(1.5), shape: [n, 1], dtype: 'int32' } as never;
    await expect(fit(classes(), x as never, half, quick)).rejects.toThrow(
      /int32 does not have: got 1.5 in the sample 0/,
    );
  });
});

describe('Samples', () => {
  it('must keep their number', async () => {
    let asked = 0;
    const growing = {
      get length() {
        return asked < 4 ? n : n + 1;
      },
      batch: ({ length }: ArrayLike<number>) => {
        asked++;
        return rows(length);
      },
    };
    const training = fit(model(), growing, { ...quick, batchSize: 4, epochs: 3 });
    await expect(training).rejects.toThrow(
      /the number of samples has changed since training began: got 17, expected 16/,
    );
    await expect(training).rejects.toThrow(UnequalError);
  });

  it.each([undefined, null, 3, 'x', [], {}, { length: n }])('%s are none to a race', async (wrong) => {
    await expect(race(() => model(), wrong as never, [uniform()], { seconds: 1 })).rejects.toThrow(/are no Samples/);
    await expect(irreducibleLosses(() => model(), wrong as never)).rejects.toThrow(/are no Samples/);
  });

  it.each([undefined, '16', Number.NaN, -1, 0, 1.5, Infinity, 16n, {}])('cannot be %s in number', async (length) => {
    await expect(fit(model(), { ...samples(), length } as never, quick)).rejects.toThrow(UnequalError);
  });

  it('name the sample whose weight is wrong, not its place in the batch', async () => {
    const weighted = {
      ...samples(),
      batch: (indices: ArrayLike<number>) => ({
        ...rows(indices.length),
        sampleWeight: Float32Array.from(indices, (i) => (i === 13 ? Number.NaN : 1)),
      }),
    };
    const training = fit(model(), weighted, { ...quick, batchSize: 4, shuffle: false });
    await expect(training).rejects.toThrow(/^sampleWeight of sample 13: got NaN/);
  });
});

describe('a stream', () => {
  const fails = new TypeError('the disk is gone');
  const thrower = function* () {
    yield rows(4);
    throw fails;
  };
  const noIterator = /has no iterator/;
  it.each<[string, unknown, RegExp]>([
    ['throws', stream(thrower), /^batch 1 of the stream failed: got the disk is gone/],
    ['cannot be opened', { iterator: () => Promise.reject(fails) }, /^the stream failed: got the disk is gone/],
    [
      'throws when it is opened',
      {
        iterator: () => {
          throw fails;
        },
      },
      /^the stream failed: got the disk is gone/,
    ],
  ])('that %s is told, with the cause', async (_, given, message) => {
    const error = await fitDataset(model(), given as never, quick).catch((reason) => reason);
    expect(error).toBeInstanceOf(UnequalError);
    expect(error.message).toMatch(message);
    expect(error.cause).toBe(fails);
    const validating = fitDataset(model(), good(), { ...quick, validationData: given as never });
    await expect(validating).rejects.toThrow(/the validation stream failed/);
  });

  it.each<[string, unknown, RegExp]>([
    ['no iterator', { iterator: async () => undefined }, noIterator],
    ['one that is none', { iterator: async () => 3 }, noIterator],
    [
      'nothing from next',
      { iterator: async () => ({ next: async () => undefined }) },
      /batch 0 of the stream is no result/,
    ],
    ['no rows', stream(() => [rows(0)]), /a batch without samples/],
    ['no batch', stream(() => [3]), /a stream element without xs or ys/],
  ])('that gives %s is refused', async (_, given, message) => {
    const training = fitDataset(model(), given as never, quick);
    await expect(training).rejects.toThrow(UnequalError);
    await expect(training).rejects.toThrow(message);
  });

  it('names samples by their place in it, in training and in validation', async () => {
    const late = () => stream(() => [rows(4), rows(4), rows(4, Number.NaN)]);
    const message = /is not finite: got NaN or infinity in the samples 8, 9, 10, 11,/;
    await expect(fitDataset(model(), late(), quick)).rejects.toThrow(message);
    await expect(fitDataset(model(), good(), { ...quick, validationData: late() })).rejects.toThrow(message);
  });

  it.each(['validationBatchSize', 'validationBatches', 'batchesPerEpoch'])('refuses a wrong %s', async (name) => {
    for (const value of [0, -1, 1.5, Number.NaN, '4']) {
      const training = fitDataset(model(), good(), { ...quick, validationData: good(), [name]: value });
      await expect(training, `${value}`).rejects.toThrow(`bad ${name}`);
    }
  });
});

describe('validation data', () => {
  it('says that it is about itself, with the index of the sample', async () => {
    const bad = { ...samples(), batch: ({ length }: ArrayLike<number>) => rows(length, Number.NaN) };
    const message = /in the samples 0, 1, .* \(in the validation data\)/;
    await expect(fit(model(), samples(), { ...quick, validationData: bad })).rejects.toThrow(message);
    const arrays = [tf.fill([4, 2], Number.NaN), tf.ones([4, 1])] as const;
    await expect(fit(model(), samples(), { ...quick, validationData: arrays })).rejects.toThrow(/the validation data/);
  });
});

describe('a clock', () => {
  const wrong = [Number.NaN, Infinity, '3', undefined, null, 3n, {}];
  it.each(wrong)('that says %s is refused', async (time) => {
    const now = () => time as number;
    const message = /now tells no time/;
    await expect(fit(model(), samples(), { ...quick, seconds: 1, now })).rejects.toThrow(message);
    await expect(advise(model(), samples(), { seconds: 1, engine: 'eager', now })).rejects.toThrow(message);
    const [curve] = await race(() => model(), samples(), [uniform()], { seconds: 1, engine: 'eager', now }).catch(
      (error) => [{ failed: error.message }],
    );
    expect(curve.failed).toMatch(message);
  });

  it.each(['goes back', 'stands still'])('that %s ends every run by seconds', async (how) => {
    const clock = () => {
      let time = 1e6;
      return () => (how === 'goes back' ? time-- : time);
    };
    const message = new RegExp(`the clock ${how}`);
    await expect(fit(model(), samples(), { ...quick, seconds: 1, now: clock() })).rejects.toThrow(message);
    const racing = race(() => model(), samples(), [uniform()], { seconds: 1, engine: 'eager', now: clock() });
    await expect(racing).rejects.toThrow(message);
    const advising = advise(model(), samples(), { seconds: 1, engine: 'eager', now: clock() });
    await expect(advising).rejects.toThrow(message);
  });
});

describe('callbacks', () => {
  it.each([3, 'x', [3], ['x'], [null], [undefined], [[]], new Date(0), new Map(), () => 1, { onEpochEnd: 3 }])(
    '%s are refused',
    async (callbacks) => {
      const training = fit(model(), samples(), { ...quick, callbacks: callbacks as never });
      await expect(training).rejects.toThrow(/^bad (callbacks|onEpochEnd)/);
    },
  );

  it('a hook that is mistyped would never be called', async () => {
    const callbacks = { onEpochEnds: () => {} } as never;
    await expect(fit(model(), samples(), { ...quick, callbacks })).rejects.toThrow(/did you mean onEpochEnd\?/);
  });

  it('of all kinds that TensorFlow.js takes are called', async () => {
    let ends = 0;
    class Mine extends tf.Callback {
      override async onEpochEnd() {
        ends++;
      }
    }
    const onEpochEnd = () => void ends++;
    const kinds = [new Mine(), new tf.CustomCallback({ onEpochEnd }), { onEpochEnd, onBatchEnd: undefined, mine: 3 }];
    for (const callbacks of [...kinds, kinds])
      await fit(model(), samples(), { ...quick, callbacks: callbacks as never });
    expect(ends).toBe(6);
    await fit(model(), samples(), { ...quick, callbacks: [] });
  });
});

describe('null', () => {
  it('means not given, for every option', async () => {
    const names = [
      'seconds',
      'schedule',
      'seed',
      'signal',
      'engine',
      'checkpoint',
      'resume',
      'onStep',
      'now',
      'epochs',
    ];
    const of = (...more: string[]) => Object.fromEntries([...names, ...more].map((name) => [name, null])) as never;
    const common = ['method', 'initialEpoch', 'callbacks', 'verbose', 'yieldEvery', 'classWeight', 'validationData'];
    const history = await fit(
      model(),
      samples(),
      of(...common, 'batchSize', 'validationSplit', 'shuffle', 'sampleWeight'),
    );
    expect(history.epoch).toEqual([0]);
    const streamed = of(...common, 'batchesPerEpoch', 'validationBatchSize', 'validationBatches');
    expect((await fitDataset(model(), good(), streamed)).epoch).toEqual([0]);
    const nothing = await fit(model(), tf.ones([n, 2]), tf.ones([n, 1]), null as never);
    expect(nothing.epoch).toEqual([0]);
  });
});

describe('patience', () => {
  it('says what is waited for, and goes on', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const slow = () => new Promise<number>((resolve) => setTimeout(() => resolve(7), 60));
      expect(await waitFor('the batch of the samples 1', slow, 0.01)).toBe(7);
      expect(warn.mock.calls[0]).toEqual(['unequal: waiting for more than 0.01 s for the batch of the samples 1']);
      const said = warn.mock.calls.length;
      expect(await waitFor('a batch', () => 7, 0.01)).toBe(7);
      expect(warn).toHaveBeenCalledTimes(said);
    } finally {
      warn.mockRestore();
    }
  });
});
