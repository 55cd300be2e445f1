import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fit } from '../../../src/fit/fit.ts';
import type { StepReport } from '../../../src/fit/report.ts';
import { type ImportanceOptions, importance } from '../../../src/methods/importance/importance.ts';
import { TinyRun, tinyModel } from '../../conformance/harness.ts';
import { b, fresh, uneven, unevenClassifier } from '../../support/importance.ts';
import { digits } from '../../support/small.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('what a step is said to cost, in uniform steps', () => {
  it.each<[number, ImportanceOptions]>([
    // A draw by stored scores, whatever the presample.
    [1.05, {}],
    [1.05, { presample: 5 }],
    [1.2, { rule: { draw: 0.2 } }],
    // t_f is a third of a step on b, and B/b times that of a presample.
    [1 + 3 / 3, { scores: 'fresh', presample: 3 }],
    [1 + 5 / 3, { scores: 'fresh', presample: 5 }],
    [1 + 3 * 0.1, { scores: 'fresh', presample: 3, rule: { forward: 0.1 } }],
    // One presample for four steps.
    [1 + 3 / 3 / 4, { scores: 'fresh', presample: 3, reuse: 4 }],
  ])('is %d with %o', async (cost, options) => {
    for (const { cost: said } of await new TinyRun(importance(options)).steps(3)) expect(said).toBeCloseTo(cost, 12);
  });

  it('with fresh scores in one pass with the step is (B/b − 1) t_f more, for the b are passed forward anyway', async () => {
    const { x, y } = digits();
    const reports: StepReport[] = [];
    await fit(await unevenClassifier(), x, y, {
      ...{ engine: 'compiled', verbose: 0, epochs: 1, batchSize: 10, seed: 1 },
      method: importance({ scores: 'fresh', presample: 3 }),
      onStep: (report) => void reports.push(report),
    });
    for (const { cost } of reports) expect(cost).toBeCloseTo(1 + (3 - 1) / 3, 12);
  });
});

describe('how many samples are considered for each one trained on', () => {
  const first = async (options: ImportanceOptions, n = 400) =>
    (await new TinyRun(importance(options), { n, budget: 1e9 }).steps(1))[0];

  it('is 3 of stored scores and of fresh ones, or the number given', async () => {
    expect((await first({ start: 'always' })).presample).toBe(3);
    expect((await first({ start: 'always' })).scores).toHaveLength(3 * b);
    expect((await first({ start: 'always', scores: 'fresh' })).presample).toBe(3);
    expect((await first({ ...fresh, presample: 4.5 })).scores).toHaveLength(4.5 * b);
  });

  it('is no more than there are, where the number is not given', async () => {
    expect((await first({ start: 'always' }, 10)).scores).toHaveLength(10);
    expect((await first({ start: 'always', scores: 'fresh' }, 12)).scores).toHaveLength(12);
    expect((await first({ scores: 'fresh' }, 12)).presample).toBe(1.5);
  });

  it('of fresh scores is, where measured, the ratio of 2, 3, 4, 5 and 8 whose worth over cost is the largest', async () => {
    // The less a forward pass costs, the larger the presample that pays.
    const found: number[] = [];
    for (const forward of [0.3, 1e-3]) {
      const method = (presample: ImportanceOptions['presample']) =>
        importance({ scores: 'fresh', presample, rule: { forward } });
      const merits: [number, number][] = [];
      // All measure the same until the first decision, after which the first one starts to draw.
      for (const ratio of [2, 3, 4, 5, 8]) {
        const run = new TinyRun(method(ratio), { model: await uneven(0), n: 400, budget: 1e9 });
        const report = (await run.steps(30)).find(({ worth }) => worth !== undefined)!;
        merits.push([ratio, report.worth! / report.cost!]);
      }
      const best = merits.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
      const run = new TinyRun(method('measured'), { model: await uneven(0), n: 400, budget: 1e9 });
      const report = (await run.steps(30)).find(({ worth }) => worth !== undefined)!;
      expect(report.presample).toBe(best);
      found.push(best);
    }
    expect(found[0]).toBeLessThan(found[1]);
  });

  it('more than there are is refused before the first step', () => {
    expect(() => new TinyRun(importance({ presample: 6 }), { model: tinyModel(), n: 40 })).toThrow(
      /^the presample is larger than the data: got B = 6 × 8 = 48, expected at most the 40 samples/,
    );
  });
});
