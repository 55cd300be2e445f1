import * as Plot from '@observablehq/plot';
import { greatest } from '../extent.ts';
import { tick } from './format.ts';
import type { Html } from './html.ts';
import { lineKey } from './line-key.ts';
import type { Ink } from './palette.ts';
import { panels } from './panels.ts';
import type { MethodRecord, StepEvent, SwitchEvent } from './record.ts';
import { columns, panelColumns, thin } from './thin.ts';

/** τ over time, what it has to exceed, and where importance sampling was on. */
export function tauFigure(methods: readonly MethodRecord[], inks: ReadonlyMap<string, Ink>): Html | undefined {
  const lines = new Map<string, readonly StepEvent[]>();
  for (const { name, steps } of methods) {
    const told = steps.filter(({ tau, threshold }) => tau !== undefined && threshold !== undefined);
    if (told.length > 0) lines.set(name, thin(told, [({ tau }) => tau, ({ threshold }) => threshold], panelColumns));
  }
  const all = [...lines.values()].flat();
  if (all.length === 0) return undefined;
  const end = greatest(all.map(({ seconds }) => seconds));
  const highest = greatest([1, ...all.map(({ tau }) => tau ?? 0)]);
  // A threshold far above τ would press τ to the ground.
  const top = 1.08 * greatest([highest, ...all.map(({ threshold }) => Math.min(threshold ?? 0, 1.5 * highest))]);

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
    values: (name) => (lines.get(name) as readonly StepEvent[]).map(({ tau }) => tau),
    marks: (name, cell, { color }) => {
      const steps = (lines.get(name) as readonly StepEvent[]).map((step) => ({ ...step, ...cell }));
      const { switches } = methods.find((method) => method.name === name) as MethodRecord;
      const phases = phasesOn(switches, end).map((phase) => ({ ...phase, ...cell }));
      const facet = { fx: 'fx', fy: 'fy', clip: true } as const;
      return [
        Plot.rect(phases, {
          ...{ ...facet, ariaDescription: lineKey(name) },
          ...{ x1: 'from', x2: 'to', y1: 0, y2: top, fill: color, fillOpacity: tint },
        }),
        Plot.line(steps, {
          ...{ ...facet, ariaDescription: lineKey(name, 'threshold'), x: 'seconds', y: 'threshold' },
          ...{ stroke: 'var(--ink)', strokeDasharray: '4 3' },
        }),
        Plot.line(steps, {
          ...{ ...facet, ariaDescription: lineKey(name, 'τ'), x: 'seconds', y: 'tau', stroke: color, strokeWidth: 2 },
        }),
      ];
    },
  });
}

export interface Phase {
  readonly from: number;
  readonly to: number;
  /** Of this time, how much importance sampling was on. */
  readonly share: number;
}

/** From when to when importance sampling was on; phases that a drawing cannot tell apart are one, on for a share of it. */
export function phasesOn(switches: readonly SwitchEvent[], end: number): Phase[] {
  const column = end / columns;
  const phases: { from: number; to: number; on: number }[] = [];
  const add = (from: number, to: number) => {
    const last = phases.at(-1);
    if (last === undefined || from - last.to >= column) phases.push({ from, to, on: to - from });
    else [last.to, last.on] = [to, last.on + to - from];
  };
  let from: number | undefined;
  for (const { on, seconds } of switches) {
    if (on) from ??= seconds;
    else if (from !== undefined) {
      add(from, seconds);
      from = undefined;
    }
  }
  if (from !== undefined) add(from, Math.max(from, end));
  return phases.map(({ from, to, on }) => ({ from, to, share: to > from ? on / (to - from) : 1 }));
}

/** How strongly a phase is tinted. */
export const tint = { value: ({ share }: Phase) => 0.13 * share, scale: null };
