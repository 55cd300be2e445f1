import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { overSeeds, seedsHtml, seedsText } from '../../src/cli/seeds.ts';
import { resultText } from '../../src/cli/text-table.ts';
import { type RunEvent, toRecord } from '../../src/report/record.ts';
import { resultRows } from '../../src/report/results.ts';
import { runReport } from '../../src/report/run-report.ts';
import { summary } from '../../src/report/summary.ts';
import { config, points } from './fixture.ts';

/** Ends at these losses; nothing is classified. */
const curve = (method: string, trainLoss: number, testLoss: number): RunEvent[] =>
  points(method, trainLoss, 0.1).map((event, k) => {
    const { testError: _, ...rest } = event as RunEvent & { testError?: number };
    return { ...rest, testLoss: 2 * (testLoss / 2) ** (k / 10) } as RunEvent;
  });
const scaled = { ...config.data, classes: undefined, scaled: { target: 'price', deviation: 300 } };
const setting = { ...config, data: scaled, methods: { uniform: {}, memorises: {} } };
/** It fits the training samples ten times as well, and other samples half as well. */
const memorises = [...curve('uniform', 0.01, 0.04), ...curve('memorises', 0.001, 0.08)];

describe('a race of a regression', () => {
  it('is judged by the test loss, in the sentences and in the tables', () => {
    const record = toRecord(setting, [...memorises, { type: 'end', reason: 'done' }]);
    const [first, ...said] = summary(record);
    expect(first).toMatch(
      /^memorises is .* behind uniform: a test loss of 0\.0800 after 10 s, uniform after 9 s \(last measured: .*\)\.$|side by side/,
    );
    const text = said.join(' ');
    // √0.04 × 300 and the deviation of the target.
    expect(text).toContain('uniform has a test loss of 0.0400 (RMSE 60.0) and a training loss of 0.0100.');
    expect(text).toContain('Test loss: memorises (0.0800, 2.00 × uniform) is behind uniform.');
    expect(text).toContain('Losses are of price scaled to mean 0 and deviation 1; the RMSE is in its own unit.');
    const [, row] = resultRows(record);
    expect(row.testLossVsUniform).toMatchObject({ ratio: expect.closeTo(2, 10), verdict: 'worse' });
    expect(row.testRmse).toBeCloseTo(300 * Math.sqrt(0.08), 8);
    expect(resultText(resultRows(record))).toMatch(/^memorises +0\.0800 +2\.00 +84\.9 +0\.00100 +0\.100/m);
    const { document } = parseHTML(runReport(record));
    const cells = [...document.querySelectorAll('table')[0].querySelectorAll('tr')].map((tr) =>
      [...tr.children].slice(1, 6).map(({ textContent }) => textContent),
    );
    expect(cells[0]).toEqual(['Test loss', '÷\u00a0uniform', 'Test RMSE', 'Training loss', '÷\u00a0uniform']);
    expect(cells[2]).toEqual(['0.0800', '↑ 2.00', '84.9', '0.00100', '0.100']);
    expect(document.body.textContent).toMatch(/Losses are of price scaled/);
  });

  it('ranks learning rates by the test loss', () => {
    const rates = [...curve('uniform, rate 1', 0.001, 0.08), ...curve('uniform, rate 2', 0.01, 0.04)];
    const told = summary(toRecord({ ...setting, methods: {} }, rates)).join(' ');
    expect(told).toContain(
      'By test loss after 10 s of training each: uniform, rate 2 (0.0400); uniform, rate 1 (0.0800).',
    );
  });

  it('compares the test loss over several seeds', () => {
    const seeds = [1, 2].flatMap((seed): RunEvent[] => [
      ...memorises.map((event) => ({ ...event, seed }) as RunEvent),
      { type: 'end', seed, reason: 'done' },
    ]);
    const record = toRecord({ ...setting, seeds: [1, 2] }, seeds);
    expect(overSeeds(record)[1].testLoss?.ratio?.mean).toBeCloseTo(2, 10);
    expect(seedsText(record)).toMatch(/method +test loss +÷ uniform/);
    expect(seedsText(record)).toMatch(/Losses are of price scaled/);
    const { document } = parseHTML(`<body>${seedsHtml(record)}</body>`);
    expect(document.querySelector('.summary')?.textContent).toMatch(/^memorises, over 2 seeds: test loss 2\.00/);
  });

  it('has no RMSE of a loss that is no squared error, nor of a target that was not scaled', () => {
    const data = { ...scaled, scaled: { target: 'price' } };
    const other = toRecord({ ...setting, data }, memorises);
    expect(resultRows(other)[0].testRmse).toBeUndefined();
    expect(summary(other).join(' ')).toContain('Losses are of price scaled to mean 0 and deviation 1.');
    const plain = toRecord({ ...setting, data: { ...data, scaled: undefined } }, memorises);
    expect(summary(plain).join(' ')).not.toMatch(/scaled|RMSE/);
  });
});
