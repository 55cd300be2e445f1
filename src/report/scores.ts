import * as Plot from '@observablehq/plot';
import { greatest, least } from '../extent.ts';
import { number } from './format.ts';
import type { Html } from './html.ts';
import { lineKey } from './line-key.ts';
import type { Ink } from './palette.ts';
import { panels } from './panels.ts';
import type { MethodRecord } from './record.ts';

/** The bars are this wide in powers of ten, and the first holds all that is below. */
const binWidth = 0.25;
const lowest = -5;

export interface Bin {
  /** log₁₀ of score ÷ mean. */
  readonly from: number;
  readonly to: number;
  /** Of the scores, in per cent. */
  readonly share: number;
}

/** How unequal the samples of the last presample were. */
export function scoresFigure(methods: readonly MethodRecord[], inks: ReadonlyMap<string, Ink>): Html | undefined {
  const bins = new Map<string, Bin[]>();
  for (const { name, scores } of methods) {
    const filled = scores === undefined ? [] : scoreBins(scores);
    if (filled.length > 0) bins.set(name, filled);
  }
  const all = [...bins.values()].flat();
  if (all.length === 0) return undefined;
  const from = Math.floor(least([-1, ...all.map((bin) => bin.from)]));
  const to = Math.ceil(greatest([1, ...all.map((bin) => bin.to)]));

  return panels({
    title: 'Distribution of scores',
    caption: `Scores of the last presample, relative to their mean, on a logarithmic axis: right of 1 is picked more often than uniformly. The first bar holds all below ${power(lowest)} as well.`,
    names: [...bins.keys()],
    inks,
    x: { domain: [from, to], label: 'score ÷ mean score' },
    y: { domain: [0, greatest(all.map((bin) => bin.share)) * 1.05], label: '% of the samples' },
    axisX: { ticks: decades(from, to), tickFormat: power },
    values: (name) => {
      const mine = bins.get(name) as Bin[];
      const above = mine.reduce((sum, { from, share }) => (from >= 0 ? sum + share : sum), 0);
      return `${number(above)} % of the scores are above their mean; the largest is about ${number(10 ** greatest(mine.map(({ to }) => to)))} times it`;
    },
    marks: (name, cell, { color }) => [
      Plot.rectY(
        (bins.get(name) as Bin[]).map((bin) => ({ ...bin, ...cell })),
        {
          ariaDescription: lineKey(name),
          fx: 'fx',
          fy: 'fy',
          x1: 'from',
          x2: 'to',
          y: 'share',
          fill: color,
          fillOpacity: 0.75,
          insetLeft: 0.5,
          insetRight: 0.5,
        },
      ),
      Plot.ruleX([{ x: 0, ...cell }], { fx: 'fx', fy: 'fy', x: 'x', stroke: 'var(--ink)', strokeDasharray: '2 2' }),
      Plot.ruleY([{ y: 0, ...cell }], { fx: 'fx', fy: 'fy', y: 'y', stroke: 'var(--soft)' }),
    ],
  });
}

/** Counts scores by their logarithm relative to their mean; none if they are all zero. */
export function scoreBins(scores: readonly number[]): Bin[] {
  const known = scores.filter((score) => Number.isFinite(score));
  const mean = known.reduce((sum, score) => sum + score, 0) / known.length;
  if (!(mean > 0)) return [];
  const counts = new Map<number, number>();
  for (const score of known) {
    const power = Math.max(lowest, Math.log10(score / mean));
    const bin = Math.floor(power / binWidth);
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bin, times]) => ({ from: bin * binWidth, to: (bin + 1) * binWidth, share: (100 * times) / known.length }));
}

function decades(from: number, to: number): number[] {
  const every = to - from > 3 ? 2 : 1;
  const ticks: number[] = [];
  for (let power = from; power <= to; power++) if (power % every === 0) ticks.push(power);
  return ticks;
}

function power(exponent: number): string {
  if (exponent >= -1 && exponent <= 3) return String(10 ** exponent);
  return `10${[...String(exponent)].map((c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)])).join('')}`;
}
