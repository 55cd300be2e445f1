/** A run of 200,000 points has a report. */
import { expect, it } from 'vitest';
import { greatest, least } from '../../src/extent.ts';
import { type RunEvent, toRecord } from '../../src/report/record.ts';
import { runReport } from '../../src/report/run-report.ts';
import { thin } from '../../src/report/thin.ts';
import { config, points } from './fixture.ts';

it('the extent of 200,000 numbers, and of none', () => {
  const values = Array.from({ length: 200_000 }, (_, i) => Math.sin(i));
  expect(least(values)).toBeCloseTo(-1, 6);
  expect(greatest(values)).toBeCloseTo(1, 6);
  expect([least([]), greatest([])]).toEqual([Infinity, -Infinity]);
});

it('a long line keeps its extremes, its ends and their order', () => {
  const line = Array.from({ length: 100_000 }, (_, x) => ({
    x,
    y: x === 54_321 ? 9 : x === 54_322 ? -9 : Math.sin(x / 1000),
  }));
  const kept = thin(line, [({ y }) => y]);
  expect(kept.length).toBeLessThanOrEqual(2400);
  expect([kept[0], kept.at(-1)]).toEqual([line[0], line.at(-1)]);
  expect(kept.map(({ y }) => y).filter((y) => Math.abs(y) === 9)).toEqual([9, -9]);
  expect(kept.every(({ x }, k) => k === 0 || x > kept[k - 1].x)).toBe(true);
  expect(thin(line.slice(0, 100), [({ y }) => y])).toEqual(line.slice(0, 100));
});

it('the report of a race with 200,000 points', { timeout: 120_000 }, () => {
  const long: RunEvent[] = Array.from({ length: 200_000 }, (_, k) => ({
    ...(points('uniform', 0.02, 0.02)[1] as object),
    seconds: k / 100,
    step: k,
    trainLoss: 1 / (1 + k / 100),
  })) as RunEvent[];
  const html = runReport(toRecord(config, [...long, ...points('importance', 0.01, 0.02)]));
  expect(html).toContain('</html>');
  // What cannot be told apart is not drawn.
  expect(html.length).toBeLessThan(2_000_000);
});
