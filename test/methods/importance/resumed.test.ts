import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { decode, encode } from '../../../src/fit/checkpoint.ts';
import type { StepReport } from '../../../src/fit/report.ts';
import { type ImportanceOptions, importance } from '../../../src/methods/importance/importance.ts';
import { TinyRun, tinyModel } from '../../conformance/harness.ts';
import { always, even, fresh, hardTenth, told, turns, untilOn } from '../../support/importance.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('a run that is resumed is bit for bit what it would have been', () => {
  const kinds: { [name: string]: ImportanceOptions } = {
    stored: { ...always },
    'stored, measured': {},
    'stored, biased and guarded': { start: 1.01, guard: 0.8, weightBound: 2 },
    fresh: { ...fresh, guard: 0.8 },
    'fresh, measured': { scores: 'fresh' },
    reuse: { ...fresh, reuse: 4 },
    gain: { start: 'always', learningRate: 'gain' },
    'gain, fresh and reused': { start: 'always', presample: 3, learningRate: 'gain', reuse: 3 },
    end: { ...fresh, end: 0.4 },
    'stored, drawn a step early': { ...always, ahead: true },
    'stored by the loss, and a rule of its own': { score: 'loss', rule: { draw: 0, learns: 0.5 } },
    'exact norms': { scores: 'fresh', score: 'gradient-norm', presample: 2 },
  };
  const model = () => tinyModel({ dropout: 0.2, optimizer: tf.train.adam(0.01) });
  const numbers = ({ indices, weights, learningRate, loss, phase, gain, tau, worth, capped }: StepReport) => ({
    ...{ indices, weights, learningRate, loss, phase, gain, tau, worth, capped },
  });

  it.each(Object.entries(kinds).flatMap(([name, options]) => [2, 9, 25].map((k) => [name, k, options] as const)))(
    'with %s, stopped after %i steps',
    async (_, k, options) => {
      const whole = new TinyRun(importance(options), { model: model(), budget: 40 });
      await whole.steps(k);
      const file = encode(await whole.trainer.state());
      const rest = await whole.steps(15);
      const resumed = new TinyRun(importance(options), { model: model(), seed: 99, budget: 40 });
      await resumed.trainer.restore(decode(file, 'checkpoint'));
      const again = await resumed.steps(15);
      expect(again.map(numbers)).toEqual(rest.map(numbers));
      expect(resumed.weights()).toEqual(whole.weights());
      const [one, two] = [await resumed.trainer.state(), await whole.trainer.state()] as { sampler: object }[];
      expect(one.sampler).toEqual(two.sampler);
    },
  );
});

it('what validation was measured to be is not forgotten in a pause', async () => {
  const runOf = () => new TinyRun(told({}, { own: hardTenth() }), { model: even(), n: 400, budget: 1e9 });
  const [whole, resumed] = [runOf(), runOf()];
  await untilOn(whole);
  // Every sample loses ln 3: m is 0.4, below a half, and it stops at the next decision.
  whole.trainer.validated(Math.log(3) / 0.4);
  await resumed.trainer.restore(decode(encode(await whole.trainer.state()), 'checkpoint'));
  const [one, two] = [await whole.steps(25), await resumed.steps(25)];
  expect(turns(two)).toEqual(turns(one));
  expect(turns(two)).toMatchObject([{ on: false, why: expect.stringMatching(/lost 0\.40 of what new ones do/) }]);
});
