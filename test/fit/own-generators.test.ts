/** A generator of random numbers of a program's own, called by its layers, cells or losses: nobody knows what it keeps. */
import { randomInt } from 'node:crypto';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fit } from '../../src/fit/fit.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { withoutClosures } from '../learner/own-code/without-closures.ts';
import { values } from '../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset().mockImplementation(() => {}));
afterEach(() => void warn.mockReset());

const x = tf.randomUniform<tf.Rank.R3>([96, 6, 3], -1, 1, 'float32', 3);
const y = tf.sum(x, [1, 2]).reshape([96, 1]);
const args = { epochs: 3, batchSize: 8, shuffle: false, verbose: 0 } as const;
const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });

type Generator = () => number;
type Call = (inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

let classes = 0;
function own(call: Call): tf.layers.Layer {
  const className = `Own${classes++}`;
  class Own extends tf.layers.Layer {
    static className = className;
    readonly stateSize = 3;
    override computeOutputShape(shape: tf.Shape) {
      return shape;
    }
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return call(Array.isArray(inputs) ? inputs : [inputs]);
    }
  }
  return new Own({});
}

function network(layers: tf.layers.Layer[], loss: unknown = 'meanSquaredError'): tf.LayersModel {
  const input = tf.layers.inputLayer({ inputShape: [6, 3] });
  const model = tf.sequential({ layers: [input, ...layers, tf.layers.dense({ units: 1, kernelInitializer })] });
  model.compile({ optimizer: tf.train.sgd(0.02), loss: loss as string });
  return model;
}

const jitter = (x: tf.Tensor, random: Generator) => tf.mul(x, 1 + 0.2 * random());

const programs: Record<string, (random: Generator) => tf.LayersModel> = {
  'a layer': (random) => network([own(([input]) => jitter(input, random)), tf.layers.flatten()]),
  'a cell': (random) => {
    const cell = own(([input, state]) => {
      const next = tf.tanh(tf.add(jitter(input, random), state));
      return [next, next];
    });
    return network([tf.layers.rnn({ cell: cell as never })]);
  },
  'a loss': (random) =>
    network([tf.layers.flatten()], (t: tf.Tensor, p: tf.Tensor) =>
      jitter(tf.mean(tf.squaredDifference(t, p), -1), random),
    ),
};

/** Mulberry32. */
function mulberry(): Generator {
  let a = 1;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe.each(Object.entries(programs))('in %s', (_, program) => {
  it('the model trains eagerly after one warning, with the numbers that model.fit has', async () => {
    const [ours, theirs] = [program(mulberry()), program(mulberry())];
    const { history } = await fit(ours, x, y, { ...args, method: uniform() });
    expect(warn.mock.calls.map(([text]) => text)).toEqual([
      expect.stringMatching(/^unequal: training eagerly.*keeps something from call to call.*changes a,/),
    ]);
    expectSame(history.loss, (await theirs.fit(x, y, args)).history.loss);
    expectSame(values(ours).flat(), values(theirs).flat());
  });

  it('engine compiled refuses it, before the first step', () => isRefused(program(mulberry()), /changes a,/));

  describe('where nobody sees what it calls', () => {
    withoutClosures();

    it('the model trains eagerly after one warning, with a new number at every call', async () => {
      const next = mulberry();
      const drawn: number[] = [];
      const ours = program(() => drawn[drawn.push(next()) - 1]);
      const { history } = await fit(ours, x, y, { ...args, method: uniform() });
      expect(warn.mock.calls.map(([text]) => text)).toEqual([
        expect.stringMatching(/^unequal: training eagerly.*computes something else.*called more often/),
      ]);

      // model.fit on the numbers that the steps were made with, which are the last.
      let calls = 0;
      await program(() => ++calls / 1e6).fit(x, y, args);
      const rest = drawn.slice(-calls);
      const theirs = program(() => rest.shift()!);
      expectSame(history.loss, (await theirs.fit(x, y, args)).history.loss);
      expectSame(values(ours).flat(), values(theirs).flat());
    });

    it('engine compiled refuses it, before the first step', () =>
      isRefused(program(mulberry()), /computes something else/));
  });
});

function expectSame(got: readonly unknown[], expected: readonly unknown[]) {
  expect(got).toHaveLength(expected.length);
  for (const [k, value] of expected.entries()) expect(got[k]).toBeCloseTo(value as number, 5);
}

async function isRefused(model: tf.LayersModel, words: RegExp) {
  const before = values(model);
  const refused = fit(model, x, y, { ...args, method: uniform(), engine: 'compiled' });
  await expect(refused).rejects.toThrow(new RegExp(`${words.source}.*use engine: 'eager'`));
  expect(values(model)).toEqual(before);
}

describe('an object that a loss asks at every call', () => {
  class Schedule {
    calls = 0;
    step(): number {
      return ++this.calls / 16;
    }
  }
  const program = () => {
    const schedule = new Schedule();
    const apart = (t: tf.Tensor, p: tf.Tensor) => tf.mean(tf.squaredDifference(t, p), -1);
    return {
      schedule,
      model: network([tf.layers.flatten()], (t: tf.Tensor, p: tf.Tensor) => tf.mul(apart(t, p), schedule.step())),
    };
  };

  const isAskedAsOften = async (words: RegExp) => {
    const [ours, theirs] = [program(), program()];
    const { history } = await fit(ours.model, x, y, { ...args, method: uniform() });
    expectSame(history.loss, (await theirs.model.fit(x, y, args)).history.loss);
    expect(ours.schedule.calls).toBe(theirs.schedule.calls);
    expect(warn.mock.calls.map(([text]) => text)).toEqual([expect.stringMatching(words)]);
  };

  it('trains eagerly after one warning, and is asked as often as by model.fit', () =>
    isAskedAsOften(/eagerly.*the loss, in which step changes this\.calls/));

  it('engine compiled refuses it', () => isRefused(program().model, /changes this\.calls/));

  describe('where nobody sees what it does', () => {
    withoutClosures();

    it('trains eagerly after one warning, and is asked as often as by model.fit', () =>
      isAskedAsOften(/eagerly.*the loss, which calls schedule\.step.*engine: 'compiled'/));

    it('engine compiled refuses it', async () => {
      const refused = fit(program().model, x, y, { ...args, method: uniform(), engine: 'compiled' });
      await expect(refused).rejects.toThrow(/computes something else/);
      expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(/may keep something.*schedule\.step/)]);
    });
  });
});

describe('a warning says what helps:', () => {
  const apart = (t: tf.Tensor, p: tf.Tensor) => tf.mean(tf.squaredDifference(t, p), -1);
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9].values();
  type Loss = (t: tf.Tensor, p: tf.Tensor) => tf.Tensor;
  it.each<[string, Loss, RegExp]>([
    [
      'a clock',
      (t, p) => tf.mul(apart(t, p), performance.now() > 0 ? 1 : 2),
      /performance\.now, let a callback assign/,
    ],
    ['a random number', (t, p) => tf.mul(apart(t, p), randomInt(1, 5)), /randomInt, draw it by tf\.randomUniform/],
    [
      'an iterator',
      (t, p) => tf.mul(apart(t, p), numbers.next().value ?? 1),
      /which calls numbers\.next, keep it in a tf/,
    ],
    [
      'what is printed',
      (t, p) => {
        console.debug('called');
        return apart(t, p);
      },
      /prints .*which calls console\.debug, print in a/,
    ],
  ])('%s', async (_, loss, words) => {
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
    const model = network([tf.layers.flatten()], loss);
    await fit(model, x, y, { ...args, method: uniform() });
    const count = debug.mock.calls.length;
    debug.mockRestore();
    expect(warn.mock.calls.flat().join('\n')).toMatch(words);
    expect(warn).toHaveBeenCalledOnce();
    if (!words.source.startsWith('prints')) return;
    // As often as model.fit.
    expect(count).toBe(args.epochs * Math.ceil(x.shape[0] / args.batchSize));
    await isRefused(network([tf.layers.flatten()], loss), /prints at every call/);
  });

  it('what is printed only if something is the case compiles', async () => {
    const loss: Loss = (t, p) => {
      if (t.shape[0] === 0) console.warn('no samples');
      return apart(t, p);
    };
    await fit(network([tf.layers.flatten()], loss), x, y, { ...args, method: uniform() });
    expect(warn).not.toHaveBeenCalled();
  });
});
