/** Every option of everything that trains, with values that nobody means: an UnequalError, or a value it can have. */
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { fit, fitDataset } from '../../src/fit/fit.ts';
import { checkTable, fitChecks, raceChecks, streamChecks } from '../../src/fit/option-table.ts';
import { race } from '../../src/fit/race.ts';
import { importance } from '../../src/methods/importance/importance.ts';

beforeAll(() => tf.setBackend('cpu'));

const hostile: readonly unknown[] = [
  ...[
    Number.NaN,
    Infinity,
    -1,
    0,
    1.5,
    '3',
    '',
    {},
    [],
    true,
    'toString',
    '__proto__',
    Symbol('s'),
    () => 1,
    new Date(0),
    10n,
  ],
];
/** Which of them an option may have, by its name; all others refuse them all. */
const fine: Record<string, readonly unknown[]> = {
  seconds: [Infinity, 1.5],
  epochs: [0],
  initialEpoch: [0],
  seed: [-1, 0],
  validationSplit: [0],
  verbose: [0],
  shuffle: [true],
  slice: [Infinity, 1.5],
  yieldEvery: [0, 1.5],
};
/** Objects and functions mean something to these, texts to those; what they are is seen when they are used. */
const loose = new Set(['callbacks', 'classWeight', 'validationData', 'sampleWeight', 'test', 'rateFactor', 'schedule']);
const looser = new Set([...loose, 'resume', 'onStep', 'onPoint', 'now', 'checkpoint', 'signal', 'method']);

describe.each([
  ['fit', fitChecks],
  ['fitDataset', streamChecks],
  ['race', raceChecks],
] as const)('%s', (of, checks) => {
  it.each(Object.keys(checks))('%s', (name) => {
    for (const value of hostile) {
      let error: unknown;
      try {
        checkTable(of, { [name]: value }, checks as never);
      } catch (thrown) {
        error = thrown;
      }
      if (error !== undefined) expect(error, String(value)).toBeInstanceOf(UnequalError);
      else if (!looser.has(name)) expect(fine[name] ?? [], `${name}: ${String(value)}`).toContain(value);
    }
  });

  it('unknown names are refused with the nearest', () => {
    expect(() => checkTable(of, { sede: 1 }, checks as never)).toThrow(/unknown argument sede of .*did you mean seed/);
    for (const name of ['toString', 'constructor', 'hasOwnProperty']) {
      expect(() => checkTable(of, { [name]: 1 }, checks as never)).toThrow(/unknown argument/);
    }
    for (const options of [3, 'epochs', [], () => 1, tf.scalar(1)]) {
      expect(() => checkTable(of, options, checks as never)).toThrow(/bad arguments/);
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
