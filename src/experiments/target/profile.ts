import * as Plot from '@observablehq/plot';
import { greatest, least } from '../../extent.ts';
import { type Figure, figure, type Ink, plot } from '../../report/index.ts';
import { grid } from '../../report/plot.ts';
import type { WorkloadResult } from './results.ts';

/**
 * Performance profiles: for each method the share of the workloads whose target it reaches within x times T.
 *
 * Reference: Dolan & Moré, Benchmarking Optimization Software with Performance Profiles, 2002, here relative to T.
 */
export function profileFigure(
  methods: readonly string[],
  results: readonly WorkloadResult[],
  inks: ReadonlyMap<string, Ink>,
): Figure | undefined {
  if (results.length === 0) return undefined;
  const steps = methods.flatMap((name) => profile(name, results));
  const from = Math.min(0.3, least(steps.map(({ x }) => x)));
  const to = Math.max(1.05, greatest(steps.map(({ x }) => x)));
  const points = methods.flatMap((name) => {
    const mine = steps.filter((step) => step.name === name);
    return [{ name, x: from, share: 0 }, ...mine, { name, x: to, share: mine.at(-1)?.share ?? 0 }];
  });
  return figure({
    title: 'Share of the workloads whose target is reached',
    name: 'performance profile',
    caption: 'Within a part of T, the time in which uniform sampling reaches it; further up and left is better.',
    legend: { names: methods, inks },
    draw: (size) =>
      plot(size, {
        height: size === 'wide' ? 320 : 260,
        marginLeft: 48,
        marginTop: 24,
        marginBottom: 38,
        marginRight: 16,
        x: { domain: [from, to] },
        y: { domain: [0, 1] },
        marks: [
          Plot.gridY(grid),
          Plot.axisY({ label: 'share of the workloads', labelArrow: 'none', tickFormat: '.0%', tickSize: 0 }),
          Plot.axisX({ label: 'time ÷ T', labelAnchor: 'right', labelArrow: 'none', tickSize: 4 }),
          methods.map((name) => {
            const { color, dash } = inks.get(name) as Ink;
            const mine = points.filter((point) => point.name === name);
            const style = { stroke: color, strokeWidth: 2, strokeDasharray: dash, curve: 'step-after' } as const;
            return Plot.line(mine, { x: 'x', y: 'share', ...style });
          }),
        ],
      }),
  });
}

/** The corners of a method's profile: where its share rises, and to what. A missed target never counts. */
export function profile(
  name: string,
  results: readonly WorkloadResult[],
): { readonly name: string; readonly x: number; readonly share: number }[] {
  const times = results.map(({ methods }) => methods.find(({ method }) => method === name)?.time ?? Infinity);
  const reached = [...new Set(times.filter(Number.isFinite))].sort((a, b) => a - b);
  return reached.map((x) => ({ name, x, share: times.filter((time) => time <= x).length / times.length }));
}
