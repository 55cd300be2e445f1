import * as Plot from '@observablehq/plot';
import { greatest } from '../extent.ts';
import { tick } from './format.ts';
import type { Html } from './html.ts';
import type { Ink } from './palette.ts';
import { panels, thin } from './panels.ts';
import type { MethodRecord, StepEvent, SwitchEvent } from './record.ts';

/** τ over time, what it has to exceed, and where importance sampling was on. */
export function tauFigure(methods: readonly MethodRecord[], inks: ReadonlyMap<string, Ink>): Html | undefined {
  const lines = new Map<string, StepEvent[]>();
  for (const { name, steps } of methods) {
    const told = steps.filter(({ tau, threshold }) => tau !== undefined && threshold !== undefined);
    if (told.length > 0)
      lines.set(
        name,
        thin(told, 240, (group) => group[group.length - 1]),
      );
  }
  const all = [...lines.values()].flat();
  if (all.length === 0) return undefined;
  const end = greatest(all.map(({ seconds }) => seconds));
  const highest = Math.max(1, ...all.map(({ tau }) => tau ?? 0));
  // A threshold far above τ would press τ to the ground.
  const top = 1.08 * Math.max(highest, ...all.map(({ threshold }) => Math.min(threshold ?? 0, 1.5 * highest)));

  return panels({
    title: 'τ and its threshold',
    caption:
      'Lines: τ, by how much sampling by these scores would cut the variance (moving average). Dashed: the value it has to exceed by the paper’s rule; a measured start goes by worth and cost instead. Tinted: importance sampling is on.',
    names: [...lines.keys()],
    inks,
    x: { domain: [0, end], label: 'seconds of training' },
    y: { domain: [0, top], label: 'τ' },
    axisX: { tickFormat: tick },
    axisY: { tickFormat: tick },
    marks: (name, cell, { color }) => {
      const steps = (lines.get(name) as StepEvent[]).map((step) => ({ ...step, ...cell }));
      const { switches } = methods.find((method) => method.name === name) as MethodRecord;
      const phases = phasesOn(switches, end).map((phase) => ({ ...phase, ...cell }));
      const facet = { fx: 'fx', fy: 'fy', clip: true } as const;
      return [
        Plot.rect(phases, { ...facet, x1: 'from', x2: 'to', y1: 0, y2: top, fill: color, fillOpacity: 0.13 }),
        Plot.line(steps, { ...facet, x: 'seconds', y: 'threshold', stroke: 'var(--ink)', strokeDasharray: '4 3' }),
        Plot.line(steps, { ...facet, x: 'seconds', y: 'tau', stroke: color, strokeWidth: 2 }),
      ];
    },
  });
}

/** From when to when importance sampling was on. */
export function phasesOn(switches: readonly SwitchEvent[], end: number): { from: number; to: number }[] {
  const phases: { from: number; to: number }[] = [];
  let from: number | undefined;
  for (const { on, seconds } of switches) {
    if (on) from ??= seconds;
    else if (from !== undefined) {
      phases.push({ from, to: seconds });
      from = undefined;
    }
  }
  if (from !== undefined) phases.push({ from, to: Math.max(from, end) });
  return phases;
}
