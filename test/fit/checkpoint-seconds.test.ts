import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { decode } from '../../src/fit/checkpoint.ts';
import { fit } from '../../src/fit/fit.ts';
import type { FitArgs } from '../../src/fit/options.ts';
import type { SavedRun } from '../../src/fit/saved-run.ts';
import type { CheckpointStore } from '../../src/fit/store.ts';
import { classifier, digits, values } from '../support/small.ts';

const { x, y } = digits();
const common = { engine: 'eager', verbose: 0, batchSize: 8, seed: 5 } as const;

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A store in memory that knows at which place of the run each checkpoint was written. */
function memory() {
  const places: { epoch: number; batch: number }[] = [];
  let bytes = new Uint8Array();
  const store: CheckpointStore = {
    write: async (path, parts) => {
      bytes = new Uint8Array(Buffer.concat(parts));
      const { epoch, batch } = (decode(bytes, path) as unknown as SavedRun).place;
      places.push({ epoch, batch });
    },
    read: async () => bytes,
  };
  return { places, store };
}

/** A clock that goes on by `seconds` with each epoch, and nothing else. */
function epochsOf(seconds: number): Pick<FitArgs, 'now' | 'callbacks'> {
  let now = 100;
  return {
    now: () => now,
    callbacks: {
      onEpochEnd: async () => {
        now += seconds;
      },
    },
  };
}

const checkpoint = { path: 'run', seconds: 1 };

it('is written after the first epoch, then no sooner than its seconds, and at the end', async () => {
  const { places, store } = memory();
  await fit(classifier(), x, y, { ...common, ...epochsOf(0.4), epochs: 9, checkpoint, store });
  expect(places.map(({ epoch }) => epoch)).toEqual([1, 4, 7, 9]);
});

it('is written after each epoch that takes as long', async () => {
  const { places, store } = memory();
  await fit(classifier(), x, y, { ...common, ...epochsOf(1), epochs: 4, checkpoint, store });
  expect(places.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
});

it('is written where the clock was set back', async () => {
  const { places, store } = memory();
  await fit(classifier(), x, y, { ...common, ...epochsOf(-5), epochs: 3, checkpoint, store });
  expect(places.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
});

it('holds for steps between checkpoints too', async () => {
  const { places, store } = memory();
  await fit(classifier(), x, y, {
    ...common,
    ...epochsOf(1),
    epochs: 2,
    checkpoint: { ...checkpoint, every: 1 },
    store,
  });
  expect(places.map(({ epoch, batch }) => [epoch, batch]).slice(0, 2)).toEqual([
    [0, 1],
    [1, 1],
  ]);
  expect(places.at(-1)).toEqual({ epoch: 2, batch: 0 });
});

it('goes on bit for bit from one that is some epochs old', async () => {
  const whole = classifier();
  await fit(whole, x, y, { ...common, epochs: 6 });
  const { places, store } = memory();
  const killed = fit(classifier(), x, y, {
    ...{ ...common, ...epochsOf(0.4), epochs: 6, checkpoint, store },
    onStep: ({ epoch }) => {
      if (epoch >= 3) throw new Error('killed');
    },
  });
  await expect(killed).rejects.toThrow('killed');
  expect(places).toEqual([{ epoch: 1, batch: 0 }]);
  const again = classifier();
  await fit(again, x, y, { ...common, epochs: 6, store, resume: 'run' });
  expect(values(again)).toEqual(values(whole));
});

it.each([-1, Number.NaN, Infinity, '1'])('refuses %s seconds', async (seconds) => {
  const bad = { path: 'run', seconds } as FitArgs['checkpoint'];
  await expect(fit(classifier(), x, y, { ...common, checkpoint: bad })).rejects.toThrow(
    /^bad seconds of checkpoint of fit: got .*expected a number of seconds >= 0/,
  );
});
