import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { overSeeds, seedsHtml, seedsJson, seedsText } from '../../src/cli/seeds.ts';
import { type RunEvent, toRecord } from '../../src/report/record.ts';
import { config, points } from '../report/fixture.ts';

const seedOf = (seed: number, finals: { [method: string]: [loss: number, error: number] }): RunEvent[] => [
  ...Object.entries(finals).flatMap(([method, [loss, error]]) =>
    points(method, loss, error).map((event) => ({ ...event, seed }) as RunEvent),
  ),
  { type: 'end', seed, reason: 'done' },
];
const record = (events: RunEvent[], seeds = [1, 2, 3]) => toRecord({ ...config, seeds }, events);
const three = [
  ...seedOf(1, { uniform: [0.02, 0.02], importance: [0.01, 0.021] }),
  ...seedOf(2, { uniform: [0.04, 0.02], importance: [0.021, 0.019] }),
  ...seedOf(3, { uniform: [0.01, 0.02], importance: [0.0049, 0.02] }),
];

describe('several seeds', () => {
  it('compare each method with uniform of the same seed, with intervals of Student’s t', () => {
    const [uniform, importance] = overSeeds(record(three));
    expect(uniform.trainLoss?.ratio).toBeUndefined();
    expect(uniform.trainLoss?.value.mean).toBeCloseTo(0.07 / 3, 12);
    const logs = [0.5, 0.525, 0.49].map(Math.log);
    const mean = logs.reduce((sum, x) => sum + x, 0) / 3;
    const half = (4.30265273 * Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 2)) / Math.sqrt(3);
    expect(importance.trainLoss?.ratio?.mean).toBeCloseTo(Math.exp(mean), 10);
    expect(importance.trainLoss?.ratio?.high).toBeCloseTo(Math.exp(mean + half), 8);
    // Uniform’s losses differ by a factor of four between seeds, and yet the ratio is sure.
    expect([importance.trainLoss?.verdict, importance.testError?.verdict]).toEqual(['smaller', 'within the noise']);
  });

  it('are told in tables within 80 columns, and in a plain verdict', () => {
    const text = seedsText(record(three));
    expect(text).toMatch(/^importance +0\.0120 \(.*\) +0\.505 \(0\.4\d+–0\.5\d+\) +smaller$/m);
    expect(text).toMatch(/^importance +2\.00 % \(.*\) +.*within the noise$/m);
    expect(text).toMatch(/Means over 3 seeds; in brackets the 95 % confidence interval/);
    // 0.0120 ÷ 0.0233 is 0.513, and the column says 0.505.
    expect(text).toMatch(/the geometric mean of their ratios, and need not be one mean divided by the other\./);
    for (const line of text.split('\n').slice(0, 9)) expect([...line].length).toBeLessThanOrEqual(80);
    const { document } = parseHTML(`<body>${seedsHtml(record(three))}</body>`);
    expect(document.querySelector('.summary')?.textContent).toMatch(
      /^importance, over 3 seeds: test error .*: within the noise; training loss 0\.505 \(.*\) × uniform’s: smaller\.$/,
    );
    expect([...document.querySelectorAll('h2')].map(({ textContent }) => textContent)).toEqual([
      'Test error relative to uniform',
      'Training loss relative to uniform',
    ]);
  });

  it('have no interval where there is one, and are not there where none came to its end', () => {
    const one = record(three.slice(0, 23));
    expect(overSeeds(one)[1].trainLoss).toMatchObject({ ratio: { n: 1 }, verdict: 'no interval' });
    expect(seedsText(one)).toMatch(/One seed: there is no interval.* 2 seeds of 3 not come to the end\./);
    const none = record(three.slice(0, 22));
    expect([overSeeds(none), seedsText(none), seedsHtml(none)]).toEqual([[], '', undefined]);
    expect(seedsJson(none)).toEqual({ rows: [], each: [] });
    expect(seedsJson(toRecord(config, []))).toBeUndefined();
  });

  it('give no numbers of a method that failed with one of them: those of the lucky seeds are none', () => {
    const failed: RunEvent = {
      ...{ type: 'result', seed: 2, method: 'importance', seconds: 1, step: 3, importanceShare: 0 },
      ...{ forward: 0, backward: 0, failed: 'diverged' },
    };
    const [, importance] = overSeeds(record([...three, failed]));
    expect(importance).toEqual({ method: 'importance', failed: [2] });
    const text = seedsText(record([...three, failed]));
    expect(text).toMatch(/^importance +failed$/m);
    expect(text).toMatch(/^importance failed with seed 2\.$/m);
    expect(text).not.toContain('−');
  });

  it('give no ratio to nothing, and none without uniform', () => {
    const zero = [
      ...seedOf(1, { uniform: [0.02, 0], importance: [0.01, 0.01] }),
      ...seedOf(2, { uniform: [0.02, 0.02], importance: [0.01, 0.01] }),
    ];
    const [, importance] = overSeeds(record(zero, [1, 2]));
    expect([importance.testError?.ratio, importance.trainLoss?.ratio?.mean]).toEqual([undefined, expect.closeTo(0.5)]);
    const why = 'importance has no test error ÷ uniform: that of uniform is 0 with seed 1.';
    expect(seedsText(record(zero, [1, 2]))).toContain(`\n${why}\n`);
    expect(`${seedsHtml(record(zero, [1, 2]))?.text}`).toContain(why);
    const both = [
      ...seedOf(1, { uniform: [0.02, 0], importance: [0.01, 0] }),
      ...seedOf(2, { uniform: [0.02, 0.02], importance: [0.01, 0] }),
    ];
    expect(overSeeds(record(both, [1, 2]))[1].testError?.unrated).toBe(
      'that of importance is 0 with seeds 1 and 2 and that of uniform is 0 with seed 1',
    );
    const alone = seedsText(
      toRecord({ ...config, seeds: [1], methods: { importance: {} } }, seedOf(1, { importance: [0.1, 0.1] })),
    );
    expect(alone).not.toContain('÷ uniform');
    const two = [1, 2].flatMap((seed) => seedOf(seed, { importance: [0.1, 0.1] }));
    expect(seedsText(toRecord({ ...config, seeds: [1, 2], methods: { importance: {} } }, two))).not.toContain(
      '÷ uniform',
    );
    expect(alone).not.toMatch(/NaN|Infinity/);
  });
});
