/** A number that is not finite is shown as such and is never judged. */
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { resultText } from '../../src/cli/text-table.ts';
import { verdict } from '../../src/experiments/statistics.ts';
import { compareError, compareLoss } from '../../src/report/noise.ts';
import { type PointEvent, type RunEvent, toRecord } from '../../src/report/record.ts';
import { resultRows } from '../../src/report/results.ts';
import { runReport } from '../../src/report/run-report.ts';
import { summary } from '../../src/report/summary.ts';
import { config, points, steps } from './fixture.ts';

const notFinite = [Number.NaN, Infinity, -Infinity];
const told = ['better', 'worse', 'within noise'];

/** A curve that has `value` from point `from` on. */
function broken(method: string, from: number, value: number): RunEvent[] {
  const over = { trainLoss: value, testLoss: value, testError: value };
  return points(method, 0.02, 0.02).map((point, k) => (k < from ? point : ({ ...point, ...over } as RunEvent)));
}

describe.each(notFinite)('%s', (value) => {
  const good = points('m', 0.02, 0.02) as PointEvent[];
  const bad = broken('m', 5, value) as PointEvent[];

  it('is not judged, whoever has it', () => {
    for (const compare of [compareLoss, (a: PointEvent[], b: PointEvent[]) => compareError(a, b, 10_000)]) {
      expect(compare(bad, good)?.verdict).toBe('no number');
      expect(compare(good, bad)).toBeUndefined();
      expect(compare(bad, bad)).toBeUndefined();
    }
    // In the middle of a curve it hides no more than itself.
    const once = good.map((point, k) => (k === 7 ? { ...point, trainLoss: value } : point));
    expect(told).toContain(compareLoss(once, good)?.verdict);
    expect(compareError(good, good, value)?.verdict ?? 'unknown').not.toBe('worse');
  });

  it('is told with the step it began at, where a method has nothing else', () => {
    const all = [...points('uniform', 0.02, 0.02), ...broken('importance', 0, value), ...steps('uniform', false)];
    const record = toRecord(config, [...all, { type: 'end', reason: 'done' }]);
    const word = Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞';
    const text = summary(record).join(' ');
    expect(text).toContain(`importance: its loss stopped being a number at step 0 (0 s): it was ${word}.`);
    expect(text).not.toMatch(/importance \([^)]*\) is (within|ahead|behind)/);
    expect(resultText(resultRows(record))).toContain('importance: its loss stopped being a number at step 0');
    const { document } = parseHTML(runReport(record));
    expect(document.querySelector('tbody tr:nth-child(2)')?.textContent).toContain(word);
    expect(document.body.textContent).toContain('No finite number: importance');
  });

  it('of uniform leaves nothing to compare with', () => {
    const record = toRecord(config, [...broken('uniform', 3, value), ...points('importance', 0.02, 0.02)]);
    const text = summary(record).join(' ');
    expect(text).toContain('uniform: its loss stopped being a number at step 300');
    expect(text).not.toMatch(/× uniform|noise of this run/);
    expect(runReport(record)).not.toMatch(/class="better"/);
  });
});

it('an interval that is no number has no verdict', () => {
  for (const [low, high] of [
    [Number.NaN, Number.NaN],
    [Number.NaN, 2],
    [0.5, Number.NaN],
  ])
    expect(verdict({ mean: 1, low, high, n: 3 })).toBe('no number');
});

it('a loss that came back is told as well', () => {
  const once = points('uniform', 0.02, 0.02).map((point, k) =>
    k === 4 ? ({ ...point, trainLoss: Number.NaN } as RunEvent) : point,
  );
  expect(summary(toRecord(config, once)).join(' ')).toContain('at step 400 (4 s): it was NaN, and is a number again');
});
