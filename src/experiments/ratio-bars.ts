import * as Plot from '@observablehq/plot';
import { greatest, least } from '../extent.ts';
import { logTicks } from '../report/curves.ts';
import { tick } from '../report/format.ts';
import { type Figure, figure, type Ink, number, plot } from '../report/index.ts';
import { grid, width } from '../report/plot.ts';
import type { Estimate } from './statistics.ts';

export interface Bar extends Estimate {
  readonly name: string;
}

const marginRight = 40;
/** Pixels that the widest tick, with a gap beside it, needs. */
const tickWidth = 32;

/** Those of the ticks whose names do not touch on a logarithmic axis of so many pixels; 1 is one of them. */
export function spaced(ticks: readonly number[], [low, high]: readonly number[], pixels: number): number[] {
  const at = (tick: number) => (Math.log(tick / low) / Math.log(high / low)) * pixels;
  const kept: number[] = [];
  // 1 first: it is what all are compared with.
  for (const tick of [...ticks].sort((a, b) => Math.abs(Math.log(a)) - Math.abs(Math.log(b)))) {
    if (kept.every((other) => Math.abs(at(other) - at(tick)) >= tickWidth)) kept.push(tick);
  }
  return kept.sort((a, b) => a - b);
}

/** Bars from 1 on a logarithmic axis, as on the slides, with their intervals where there are any. */
export function ratioBars({
  title,
  name,
  bars,
  inks,
}: {
  title: string;
  /** What its file is named after. Default the title. */
  name?: string;
  bars: readonly Bar[];
  inks: ReadonlyMap<string, Ink>;
}): Figure | undefined {
  if (bars.length === 0) return undefined;
  const values = bars.flatMap(({ mean, low = mean, high = mean }) => [mean, low, high]);
  const domain = [least([0.8, ...values]) / 1.1, greatest([1.25, ...values]) * 1.35];
  const ticks = logTicks(domain[0], domain[1]);
  const marginLeft = Math.min(150, 20 + 7 * greatest(bars.map(({ name }) => name.length)));
  const color = ({ name }: Bar) => inks.get(name)?.color ?? 'var(--base)';
  return figure({
    title,
    name,
    description: bars
      .map(({ name, mean, low, high }) => {
        const interval = low === undefined || high === undefined ? '' : ` (${number(low)} to ${number(high)})`;
        return `${name}: ${number(mean)} × uniform${interval}.`;
      })
      .join(' '),
    caption: 'Method ÷ uniform at the end, left of 1 is better; logarithmic axis. Whiskers: 95 % interval over seeds.',
    draw: (size) =>
      plot(size, {
        height: 60 + 26 * bars.length,
        marginLeft,
        marginBottom: 38,
        // Room for the number beyond the longest whisker, on a narrow screen too.
        marginRight,
        x: { type: 'log', domain },
        y: { domain: bars.map(({ name }) => name) },
        marks: [
          Plot.gridX(ticks, grid),
          Plot.axisX(spaced(ticks, domain, width[size] - marginLeft - marginRight), {
            label: '÷ uniform',
            labelArrow: 'none',
            text: tick,
          }),
          Plot.axisY({ label: null, tickSize: 0 }),
          Plot.barX(bars, {
            x1: 1,
            x2: 'mean',
            y: 'name',
            fill: color,
            insetTop: 3,
            insetBottom: 3,
          }),
          Plot.ruleY(
            bars.filter(({ low }) => low !== undefined),
            { x1: 'low', x2: 'high', y: 'name', stroke: 'var(--ink)', strokeWidth: 1.5 },
          ),
          Plot.ruleX([1], { stroke: 'var(--ink)' }),
          Plot.text(bars, {
            x: ({ mean, high = mean }: Bar) => Math.max(1, mean, high),
            y: 'name',
            text: ({ mean }: Bar) => number(mean),
            textAnchor: 'start',
            dx: 5,
            fill: 'var(--ink)',
          }),
        ],
      }),
  });
}
