import { describe, expect, it } from 'vitest';
import { apart, logTicks } from '../../src/report/curves.ts';
import { count, duration, list, number, percent, shorten, tick } from '../../src/report/format.ts';
import { scoreBins } from '../../src/report/scores.ts';
import { phasesOn } from '../../src/report/tau.ts';

describe('format', () => {
  it.each([
    [0, '0'],
    [0.004534, '0.00453'],
    [0.9999, '1.00'],
    [9.9996, '10.0'],
    [99.96, '100'],
    [12.345, '12.3'],
    [1234.5, '1,235'],
    [1.23e-7, '1.23×10⁻⁷'],
    [-0.5, '−0.500'],
    [Number.NaN, 'NaN'],
    [Infinity, '∞'],
    [undefined, '–'],
    [null, '–'],
  ])('number(%s) is %s', (value, text) => expect(number(value)).toBe(text));

  it.each([
    [5, '5'],
    [50, '50'],
    [0.05, '0.05'],
    [1000, '1,000'],
  ])('tick(%s) is %s', (value, text) => expect(tick(value)).toBe(text));

  it.each([
    [0.345, '0.35 s'],
    [12.34, '12.3 s'],
    [59.99, '1 min'],
    [75, '1 min 15 s'],
    [3600, '1 h'],
    [7500, '2 h 5 min'],
    [undefined, '–'],
    [Number.NaN, 'NaN'],
    [Infinity, '∞'],
  ])('duration(%s) is %s', (value, text) => expect(duration(value)).toBe(text));

  it('writes counts, shares and lists', () => {
    expect([count, percent, number, duration].map((show) => show(Number.NaN))).toEqual(['NaN', 'NaN', 'NaN', 'NaN']);
    expect([count, percent, number, duration].map((show) => show(-Infinity))).toEqual(['−∞', '−∞', '−∞', '−∞']);
    expect([count(1234567), percent(0.0123), percent(1), percent(0)]).toEqual(['1,234,567', '1.23 %', '100 %', '0 %']);
    expect([list([]), list(['a']), list(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c']);
    expect(shorten('a long text', 6)).toBe('a lon…');
  });
});

describe('figures', () => {
  it('moves labels apart, keeps their order and stays within the plot', () => {
    const at = [100, 101, 50, 102];
    const moved = apart(at, 14, 105).map((shift, k) => at[k] + shift);
    const sorted = [...moved].sort((a, b) => a - b);
    for (let k = 1; k < sorted.length; k++) expect(sorted[k] - sorted[k - 1]).toBeGreaterThan(13.9);
    expect(Math.max(...moved)).toBeLessThanOrEqual(105);
    expect(moved[2]).toBeLessThan(moved[0]);
    expect(moved[0]).toBeLessThan(moved[1]);
    expect(moved[1]).toBeLessThan(moved[3]);
  });

  it('chooses round ticks on a logarithmic axis', () => {
    expect(logTicks(0.8, 120)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(logTicks(0.004, 2.5)).toEqual([0.01, 0.03, 0.1, 0.3, 1]);
    expect(logTicks(1e-12, 10).length).toBeLessThanOrEqual(10);
  });

  it('bins scores by their logarithm and loses none', () => {
    const bins = scoreBins([0, 1e-9, 1, 1, 2, 100]);
    expect(bins.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(100, 10);
    expect(bins[0]).toEqual({ from: -5, to: -4.75, share: (100 * 2) / 6 });
    expect(scoreBins([0, 0])).toEqual([]);
  });

  it('finds when importance sampling was on', () => {
    const at = (seconds: number, on: boolean) =>
      ({ type: 'switch', method: 'm', step: 0, why: '', seconds, on }) as const;
    expect(phasesOn([at(1, true), at(3, false), at(4, true)], 10)).toEqual([
      { from: 1, to: 3, share: 1 },
      { from: 4, to: 10, share: 1 },
    ]);
    expect(phasesOn([], 10)).toEqual([]);
  });
});
