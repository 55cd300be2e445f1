/** Every option of everything that trains, with values that nobody means: an UnequalError, or a value it can have. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { adviseChecks } from '../../src/advice/advise.ts';
import { UnequalError } from '../../src/errors.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { fitChecks, irreducibleChecks, raceChecks, streamChecks } from '../../src/fit/option-table.ts';
import { race } from '../../src/fit/race.ts';
import { importance } from '../../src/methods/importance/importance.ts';
import { checkedOptions } from '../../src/options.ts';

beforeAll(() => tf.setBackend('cpu'));

const asFunction = () => 1;
const names = ['x'];
const hostile: readonly unknown[] = [
  ...[Number.NaN, Infinity, -Infinity, -1, 0, 1.5, 1e9, '3', '', {}, [], [3], [null], names, true, false],
  ...['toString', '__proto__', Symbol('s'), asFunction, new Date(0), new Map(), new Float32Array(2), 10n, Object(3)],
];
const [empty, none] = [hostile[9], hostile[10]];
const listOfNone = hostile.find((value) => Array.isArray(value) && value[0] === null);
const floats = hostile.find((value) => value instanceof Float32Array);
/** Which of them the table lets an option have, by its name; all others are refused at once. */
const fine: Record<string, readonly unknown[]> = {
  // Whether there is such a provider is known to the runtime.
  providers: [names],
  seconds: [Infinity, 1.5, 1e9],
  epochs: [0, 1e9],
  initialEpoch: [0, 1e9],
  seed: [-1, 0, 1e9],
  validationSplit: [0],
  verbose: [0, 1e9],
  shuffle: [true, false],
  slice: [Infinity, 1.5, 1e9],
  yieldEvery: [0, 1.5, 1e9],
  batchSize: [1e9],
  batchesPerEpoch: [1e9],
  validationBatchSize: [1e9],
  validationBatches: [1e9],
  trainPart: [1e9],
  points: [1e9],
  schedule: [asFunction],
  onStep: [asFunction],
  onPoint: [asFunction],
  now: [asFunction],
  resume: ['3', 'toString', '__proto__'],
  callbacks: [empty, none],
  rateFactor: [empty],
  // Whether there is one for each class and sample is known with the data.
  classWeight: [
    empty,
    none,
    listOfNone,
    ...hostile.filter((value) => Array.isArray(value) && value.every(Number.isFinite)),
  ],
  sampleWeight: [none, floats, ...hostile.filter((value) => Array.isArray(value) && value.length === 1)],
};

const tables = [
  ['fit', fitChecks],
  ['fitDataset', streamChecks],
  ['race', raceChecks],
  ['advise', adviseChecks],
  ['irreducibleLosses', irreducibleChecks],
] as const;

describe.each(tables)('%s', (of, checks) => {
  it.each(Object.keys(checks))('%s', (name) => {
    for (const value of hostile) {
      let error: unknown;
      try {
        checkedOptions(of, { [name]: value }, checks as never);
      } catch (thrown) {
        error = thrown;
      }
      const where = `${name}: ${String(value)}`;
      if (error !== undefined) expect(error, where).toBeInstanceOf(UnequalError);
      expect(error === undefined, where).toBe((fine[name] ?? []).includes(value));
    }
    expect(checkedOptions(of, { [name]: null }, checks as never)).toEqual({});
    expect(checkedOptions(of, { [name]: undefined }, checks as never)).toEqual({});
  });

  it('unknown names are refused with the nearest', () => {
    const known = Object.keys(checks)[0];
    expect(() => checkedOptions(of, { [`${known}x`]: 1 }, checks as never)).toThrow(`did you mean '${known}'?`);
    const names = ['toString', 'constructor', 'hasOwnProperty', '__proto__', Symbol('seed')];
    for (const name of names) {
      expect(() => checkedOptions(of, { [name]: 1 }, checks as never), String(name)).toThrow(/unknown option of/);
    }
    const others = [3, 'epochs', [], () => 1, tf.scalar(1), new Map(), new Date(), Object.create({ seed: 1 })];
    for (const options of others) {
      expect(() => checkedOptions(of, options, checks as never)).toThrow(/bad options of/);
    }
  });
});

describe('samples', () => {
  const model = (): tf.LayersModel => {
    const made = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return made;
  };
  const rows = (n: number, fill = 1) => ({ xs: tf.fill([n, 2], fill), ys: tf.zeros([n, 1]) });
  const from = (batch: (indices: ArrayLike<number>) => unknown) => ({ length: 32, batch: batch as never });
  const later = (indices: ArrayLike<number>, bad: () => unknown) =>
    Array.from(indices).includes(20) ? bad() : rows(indices.length);

  it.each<[string, (indices: ArrayLike<number>) => unknown, RegExp]>([
    ['nothing', () => undefined, /no batch was given for the samples 0, 1.*got undefined/],
    ['null', () => null, /no batch was given.*got null/],
    ['an array', (i) => [rows(i.length)], /no batch was given/],
    ['too few rows', (i) => rows(i.length - 1), /wrong size/],
    ['another width', (i) => ({ xs: tf.ones([i.length, 3]), ys: tf.zeros([i.length, 1]) }), /wrong shape/],
    [
      'numbers that do not fill their shape',
      (i) => ({
        xs: { data: new Float32Array(3), shape: [i.length, 2], dtype: 'float32' },
        ys: tf.zeros([i.length, 1]),
      }),
      /do not fill their shape: got 3 numbers/,
    ],
    [
      'an error',
      () => {
        throw new TypeError('no such file');
      },
      /the batch of the samples 0, 1.* failed: got no such file/,
    ],
    ['a rejection', () => Promise.reject(new Error('no such file')), /failed: got no such file/],
    ['NaN in a later batch', (i) => later(i, () => rows(i.length, Number.NaN)), /not finite.*samples \d+/],
    ['nothing in a later batch', (i) => later(i, () => undefined), /no batch was given/],
  ])('%s', async (_, batch, message) => {
    const before = tf.memory().numTensors;
    const trained = fit(model(), from(batch), { batchSize: 8, shuffle: false });
    const error = await trained.then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(UnequalError);
    expect(error.message).toMatch(message);
    // The model's own two, and at most one tensor that the test made and handed over to nobody.
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(4);
  });

  it('a stream is checked in every batch', async () => {
    const stream = {
      iterator: function* () {
        for (let k = 0; k < 4; k++) yield rows(4, k < 2 ? 1 : Number.NaN);
      },
    };
    await expect(fitDataset(model(), stream as never)).rejects.toThrow(/not finite/);
  });
});

it('a race of what is no method is refused', async () => {
  const samples = { length: 4, batch: () => ({ xs: tf.ones([4, 2]), ys: tf.ones([4, 1]) }) };
  for (const method of ['importance', importance, {}, null]) {
    const racing = race(() => tf.sequential(), samples, [method as never], { seconds: 1 });
    await expect(racing).rejects.toThrow(/the method of race is no method/);
  }
});

describe('numbers of another type than they are said to be', () => {
  const array = (value: number, dtype: string) =>
    ({ data: Float32Array.of(0, 1, value, 1), shape: [2, 2], dtype }) as never;
  const train = (x: never) => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return fit(model, x, tf.zeros([2, 1]), { engine: 'eager' });
  };

  it.each<[number, string]>([
    [Number.NaN, 'int32'],
    [0.9, 'int32'],
    [1e10, 'int32'],
    [0.5, 'bool'],
    [Number.NaN, 'bool'],
  ])('%s as %s is refused', async (value, dtype) => {
    await expect(train(array(value, dtype))).rejects.toThrow(/a number that (int32|bool) does not have/);
  });

  it('what is a whole number is converted, and so is what the cpu backend holds', async () => {
    const { history } = await train(array(7, 'int32'));
    expect(history.loss.every((loss) => Number.isFinite(loss as number))).toBe(true);
    const held = tf.oneHot(tf.tensor1d([0, 1], 'int32'), 2).toFloat();
    await expect(train(held as never)).resolves.toBeDefined();
  });
});
