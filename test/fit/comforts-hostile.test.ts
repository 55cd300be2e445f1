/** What is put around training, with values that nobody means: an UnequalError, or a value that it can have. */
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { CSVLogger } from '../../src/fit/csv-logger.ts';
import { EarlyStopping } from '../../src/fit/early-stopping.ts';
import { ModelCheckpoint } from '../../src/fit/model-checkpoint.ts';
import { ReduceLROnPlateau } from '../../src/fit/reduce-lr-on-plateau.ts';
import { accumulated } from '../../src/optimizers/accumulated.ts';
import { adamW, decayed } from '../../src/optimizers/adam-w.ts';
import { averaged } from '../../src/optimizers/averaged.ts';
import { clipped } from '../../src/optimizers/clipped.ts';

const asFunction = () => 1;
const hostile: readonly unknown[] = [
  ...[Number.NaN, Infinity, -Infinity, -1, 0, 1, 1.5, 1e300, '', 'min', 'toString', '__proto__', true, {}, [], [3]],
  ...[asFunction, 3n, Symbol('s'), new Date(0), new Map(), new Uint8Array(2)],
];

const adam = () => tf.train.adam();
type Options = { readonly [name: string]: unknown };

/** Each option, with those of the values that it can have. */
const monitor = { monitor: ['min', 'toString', '__proto__'], mode: ['min'], minDelta: [0, 1, 1.5, 1e300] };
const entries: [string, (options: Options | null) => unknown, { readonly [name: string]: readonly unknown[] }][] = [
  [
    'ReduceLROnPlateau',
    (o) => new ReduceLROnPlateau(o as never),
    { ...monitor, factor: [], patience: [0, 1], cooldown: [0, 1], minLr: monitor.minDelta },
  ],
  ['ModelCheckpoint', (o) => new ModelCheckpoint('m', o as never), { ...monitor, saveBestOnly: [true] }],
  [
    'EarlyStopping',
    (o) => new EarlyStopping(o as never),
    { ...monitor, patience: monitor.minDelta, baseline: [-1, ...monitor.minDelta], restoreBestWeights: [true] },
  ],
  ['averaged', (o) => averaged(adam(), o as never), { decay: [0] }],
  [
    'weightDecayed',
    (o) => decayed(adam(), { weightDecay: 0.1, ...o } as never),
    { weightDecay: monitor.minDelta, decays: [asFunction] },
  ],
  ['adamW', (o) => adamW(0.1, o as never), { weightDecay: monitor.minDelta, decays: [asFunction] }],
];

it.each(entries)('%s', (name, make, options) => {
  for (const [option, fine] of Object.entries(options)) {
    for (const value of hostile) {
      let error: unknown;
      try {
        make({ [option]: value });
      } catch (thrown) {
        error = thrown;
      }
      const where = `${option}: ${String(value)}`;
      if (error !== undefined) expect(error, where).toBeInstanceOf(UnequalError);
      expect(error === undefined, where).toBe(fine.includes(value));
    }
    if (name !== 'weightDecayed' || option !== 'weightDecay') make({ [option]: null });
  }
  for (const option of ['toString', '__proto__', 'patiense', '']) {
    expect(() => make(Object.fromEntries([[option, 1]])), option).toThrow(`unknown option of ${name}`);
  }
  for (const value of hostile.filter((one) => one !== 0 && String(one) !== '[object Object]' && !Array.isArray(one))) {
    if (name === 'weightDecayed') continue;
    expect(() => make(value as never), String(value)).toThrow(UnequalError);
  }
});

it('null is not given', () => {
  const plain = new ReduceLROnPlateau();
  const nothing = {
    factor: null,
    patience: null,
    cooldown: null,
    minLr: null,
    monitor: null,
    mode: null,
    minDelta: null,
  };
  expect(new ReduceLROnPlateau(nothing as never)).toEqual(plain);
  expect(new ReduceLROnPlateau(null as never)).toEqual(plain);
  const best = { saveBestOnly: null, monitor: null, mode: null, minDelta: null };
  expect(new ModelCheckpoint('m', best as never)).toEqual(new ModelCheckpoint('m'));
  const early = { patience: null, mode: null, monitor: null, minDelta: null, baseline: null, restoreBestWeights: null };
  expect({ ...new EarlyStopping(early as never) }).toEqual({ ...new EarlyStopping() });
});

it('other arguments', () => {
  for (const value of hostile) {
    const where = String(value);
    const isText = typeof value === 'string' && value !== '';
    if (!isText) {
      expect(() => new ModelCheckpoint(value as never), where).toThrow(UnequalError);
      expect(() => new CSVLogger(value as never), where).toThrow(UnequalError);
    }
    expect(() => new CSVLogger('m.csv', value as never), where).toThrow(UnequalError);
    if (value !== 1) expect(() => accumulated(adam(), value as never), where).toThrow(UnequalError);
    for (const kind of ['clipValue', 'clipNorm', 'globalClipNorm']) {
      const clip = () => clipped(adam(), { [kind]: value } as never);
      if ([1, 1.5, 1e300].includes(value as number)) clip();
      else expect(clip, where).toThrow(UnequalError);
    }
    if (!(typeof value === 'number' && value > 0 && value < Infinity)) {
      expect(() => adamW(value as never), where).toThrow(UnequalError);
    }
  }
  expect(() => clipped(adam(), null as never)).toThrow('bad clipping');
  expect(() => clipped(adam(), { clipNorm: 1, clipValue: 1 } as never)).toThrow('bad clipping');
  expect(() => clipped(adam(), { clipNorm: 1, clipValue: null } as never)).not.toThrow();
});
