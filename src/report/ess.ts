import * as Plot from '@observablehq/plot';
import { greatest } from '../extent.ts';
import { tick } from './format.ts';
import type { Html } from './html.ts';
import { lineKey } from './line-key.ts';
import type { Ink } from './palette.ts';
import { panels, thin } from './panels.ts';
import type { MethodRecord } from './record.ts';

interface Moment {
  readonly seconds: number;
  readonly ess: number;
}

/** The effective sample size of the presamples over time. */
export function essFigure(methods: readonly MethodRecord[], inks: ReadonlyMap<string, Ink>): Html | undefined {
  const moments = new Map<string, Moment[]>();
  for (const { name, steps } of methods) {
    const told = steps.filter((step): step is typeof step & Moment => step.ess !== undefined);
    if (told.length > 0) moments.set(name, told);
  }
  const end = greatest([0, ...methods.flatMap(({ steps }) => steps.map(({ seconds }) => seconds))]);

  return panels({
    title: 'Effective sample size',
    caption:
      'The share of a presample that its distribution effectively draws from, 1/(B Σp²): 100 % is uniform. Dots: means over a few steps; line: running mean.',
    names: [...moments.keys()],
    inks,
    x: { domain: [0, end], label: 'seconds of training' },
    y: { domain: [0, 100], label: '% of the presample' },
    axisX: { tickFormat: tick },
    values: (name) => (moments.get(name) as Moment[]).map(({ ess }) => 100 * ess),
    marks: (name, cell, { color }) => {
      const inCell = ({ seconds, ess }: Moment) => ({ seconds, ess: 100 * ess, ...cell });
      const told = moments.get(name) as Moment[];
      const mean = (group: readonly Moment[]): Moment => ({
        seconds: average(group.map(({ seconds }) => seconds)),
        ess: average(group.map(({ ess }) => ess)),
      });
      const facet = { fx: 'fx', fy: 'fy', x: 'seconds', y: 'ess' } as const;
      return [
        Plot.dot(thin(told, 160, mean).map(inCell), {
          ...facet,
          ariaDescription: lineKey(name),
          fill: color,
          fillOpacity: 0.35,
          r: 1.6,
        }),
        Plot.line(broken(thin(told, 24, mean), end / 10).map(inCell), {
          ...facet,
          ariaDescription: lineKey(name),
          stroke: color,
          strokeWidth: 2,
          curve: 'monotone-x',
        }),
      ];
    },
  });
}

/** With a gap where nothing was told for long: between single steps by importance there is no line. */
function broken(moments: readonly Moment[], gap: number): Moment[] {
  return moments.flatMap((moment, k) => {
    const before = moments[k - 1];
    const far = before !== undefined && moment.seconds - before.seconds > gap;
    return far ? [{ seconds: moment.seconds, ess: Number.NaN }, moment] : [moment];
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
