import * as tf from '@tensorflow/tfjs';
import { advise, adviseChecks } from '../../src/advice/advise.ts';
import { fit } from '../../src/fit/fit.ts';
import { fitDataset } from '../../src/fit/fit-dataset.ts';
import { irreducibleLosses } from '../../src/fit/irreducible-losses.ts';
import { fitChecks, irreducibleChecks, raceChecks, streamChecks } from '../../src/fit/option-table.ts';
import { race } from '../../src/fit/race.ts';
import { uniform } from '../../src/methods/uniform.ts';
import { type Family, pick } from './family.ts';
import { model, x, y } from './small-run.ts';

const hostile: readonly unknown[] = [
  ...[0, -1, 0.5, 1e9, Number.NaN, Infinity, -Infinity, '', 'x', 'toString', '__proto__', true, false, null],
  ...[[], {}, [1, 2], [null], { path: '' }, { path: '/' }, { path: '/proc/none/x' }, { path: 1 }, { path: undefined }],
  ...[() => {}, () => Number.NaN, () => 'x', () => null, Symbol('x'), 1n, new Float32Array(2), new Date(0), new Map()],
  ...[{ length: 3, batch: () => undefined }, { iterator: () => undefined }, { aborted: true }, Math.max],
];

/** Ends those that are right to go on for ever, by a signal, unless that is the hostile one. */
const end = (steps: number) => {
  const controller = new AbortController();
  const onStep = () => {
    if (--steps <= 0) controller.abort();
  };
  return { signal: controller.signal, onStep };
};

const stream = () => tf.data.array([{ xs: tf.ones([5, 8]), ys: tf.ones([5, 3]) }]).repeat(4);
const samples = {
  length: 30,
  batch: ({ length }: ArrayLike<number>) => ({
    xs: tf.ones([length, 8]),
    ys: tf.oneHot(tf.zeros([length], 'int32'), 3),
  }),
};
type Options = { readonly [name: string]: unknown };
const common = () => ({ engine: 'eager', verbose: 0, method: uniform(), epochs: 2, ...end(20) });

/** Everything that trains, with the names of its options: those of the table, so that none is forgotten. */
const entries: readonly { names: readonly string[]; call: (args: Options) => Promise<unknown> }[] = [
  { names: Object.keys(fitChecks), call: (args) => fit(model(), x, y, { ...common(), ...args } as never) },
  {
    names: Object.keys(streamChecks),
    call: (args) => fitDataset(model(), stream() as never, { ...common(), ...args } as never),
  },
  {
    names: Object.keys(raceChecks),
    call: (args) => race(model, samples, [uniform()], { seconds: 0.05, engine: 'eager', ...end(20), ...args } as never),
  },
  {
    names: Object.keys(adviseChecks),
    call: (args) => advise(model(), x, y, { seconds: 0.3, engine: 'eager', ...end(20), ...args } as never),
  },
  {
    names: Object.keys(irreducibleChecks),
    call: (args) =>
      irreducibleLosses(model, samples, { epochs: 1, engine: 'eager', signal: end(20).signal, ...args } as never),
  },
];

/** A call with a value that an option does not take is refused, or trains. */
export const calls: Family = {
  name: 'hostile calls',
  trials: 800,
  start: async () => {
    await tf.setBackend('cpu');
    return async (random) => {
      const { names, call } = pick(random, entries);
      const name = pick(random, names);
      const value = pick(random, hostile);
      // What ends a run has no say where it is the hostile value itself, nor where a budget never ends.
      if (name === 'epochs' && value === 1e9) return 'ok';
      try {
        await call({ [name]: value });
        return 'ok';
      } catch (error) {
        if (error instanceof Error) error.stack = `${name}: ${String(value)}: ${error.stack}`;
        throw error;
      }
    };
  },
};
