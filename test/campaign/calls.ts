import * as tf from '@tensorflow/tfjs';
import type { FitArgs } from '../../src/fit/options.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { type Family, pick } from './family.ts';
import { model, train } from './small-run.ts';

const options = [
  ...(['method', 'seconds', 'schedule', 'seed', 'signal', 'engine', 'checkpoint', 'resume', 'onStep', 'now'] as const),
  ...(['batchSize', 'epochs', 'initialEpoch', 'validationSplit', 'validationData', 'callbacks', 'verbose'] as const),
  ...(['yieldEvery', 'shuffle', 'classWeight', 'sampleWeight'] as const),
];

const hostile: readonly unknown[] = [
  ...[0, -1, 0.5, 1e9, Number.NaN, Infinity, -Infinity, '', 'x', 'toString', '__proto__', true, false, null],
  ...[[], {}, [1, 2], { path: '' }, { path: '/' }, { path: '/proc/none/x' }, { path: 1 }, { path: undefined }],
  ...[() => {}, Symbol('x'), 1n, new Float32Array(2), new Date(0)],
];

/** A call with a value that an option does not take is refused, or trains. */
export const calls: Family = {
  name: 'hostile calls',
  trials: 400,
  start: async () => {
    await tf.setBackend('cpu');
    return async (random) => {
      const name = pick(random, options);
      const value = pick(random, hostile);
      const fresh = model();
      // Ends those that are right to go on for ever.
      let steps = 0;
      const onBatchEnd = () => {
        if (++steps >= 20) fresh.stopTraining = true;
      };
      const given = { method: uniform(), callbacks: { onBatchEnd } };
      try {
        await train(fresh, { ...given, epochs: 2, [name]: value } as FitArgs);
        return 'ok';
      } catch (error) {
        if (error instanceof Error) error.stack = `${name}: ${String(value)}: ${error.stack}`;
        throw error;
      } finally {
        fresh.dispose();
      }
    };
  },
};
