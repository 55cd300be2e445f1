/** WCAG 2.2: text has a contrast of 4.5 to 1 at least, what is drawn of 3 to 1. */
import { describe, expect, it } from 'vitest';
import { page } from '../../src/report/page.ts';
import { schemes } from '../../src/report/palette.ts';

/** Relative luminance of `#rrggbb`, as WCAG defines it. */
function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((p, q) => p - q);
  return (high + 0.05) / (low + 0.05);
}

it('is that of WCAG', () => {
  expect(contrast('#ffffff', '#000000')).toBeCloseTo(21, 10);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

describe.each(Object.entries(schemes))('%s', (_, scheme) => {
  const { paper, box, line, ...inks } = scheme;
  it.each(Object.entries(inks))('%s can be read on the page: the name of a line is written in its colour', (_, ink) => {
    expect(contrast(ink, paper)).toBeGreaterThanOrEqual(4.5);
  });
  it('text of boxes can be read in them', () => {
    expect(contrast(scheme.ink, box)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(scheme.soft, box)).toBeGreaterThanOrEqual(4.5);
  });
  it('a grid line is told from the page, and is fainter than what it measures', () => {
    expect(contrast(line, paper)).toBeGreaterThan(1.2);
    for (const ink of Object.values(inks)) expect(contrast(ink, paper)).toBeGreaterThan(contrast(line, paper));
  });
});

it('the page has no colours but those', () => {
  const css = page({ title: 't', body: '' });
  const known = [...Object.values(schemes.light), ...Object.values(schemes.dark), '#fff'];
  expect([...css.matchAll(/#[0-9a-f]{3,8}\b/g)].map(([color]) => color).filter((c) => !known.includes(c))).toEqual([]);
});
