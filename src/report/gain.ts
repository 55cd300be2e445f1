import * as Plot from '@observablehq/plot';
import { greatest } from '../extent.ts';
import { logTicks } from './curves.ts';
import { tick } from './format.ts';
import { lineKey } from './line-key.ts';
import type { Ink } from './palette.ts';
import { panels } from './panels.ts';
import type { Figure } from './plot.ts';
import type { MethodRecord, StepEvent } from './record.ts';
import { phasesOn, tint } from './tau.ts';
import { panelColumns, thin } from './thin.ts';

type Measure = 'gain' | 'worth' | 'cost';

/** Share of the values that the axis has room for: a few wild ones must not press all others to the ground. */
const within = 0.98;

/** What an importance step is worth against what it costs, the gain that is behind it, and where it was on. */
export function gainFigure(methods: readonly MethodRecord[], inks: ReadonlyMap<string, Ink>): Figure | undefined {
  const told = new Map<string, readonly StepEvent[]>();
  for (const { name, steps } of methods) {
    const measured = steps.filter((step) => isNumber(step.gain) || isNumber(step.worth));
    // One moment is no line.
    if (measured.length > 1) told.set(name, thinned(measured));
  }
  const all = [...told.values()].flat();
  if (all.length === 0) return undefined;
  const end = greatest(all.map(({ seconds }) => seconds));
  const values = (['gain', 'worth', 'cost'] as const).flatMap((key) => all.map((step) => step[key]).filter(isNumber));
  const top = 1.15 * Math.max(1.75, quantile(values, within));
  // What a step is worth may be nothing, or less: it is drawn at the lower end.
  const bottom = Math.min(0.8, Math.max(0.25, quantile(values, 1 - within) / 1.15));
  const weighs = all.some(({ worth }) => isNumber(worth));

  return panels({
    title: 'When importance sampling pays',
    caption: `${weighs ? 'In uniform steps. Solid: what an importance step is worth now; dashed: what it costs in time; it pays where the first is above the second, and begins where it is so by a margin, unless what is left is memorising or does not get better. Dotted: the' : 'Dotted: the'} gain, by how much smaller E‖g‖² is than a uniform step’s, realised or predicted. Tinted: importance sampling is on. Logarithmic axis.`,
    names: [...told.keys()],
    inks,
    x: { domain: [0, end], label: 'seconds of training' },
    y: { domain: [bottom, top], type: 'log', label: weighs ? 'worth, cost, gain' : 'gain' },
    axisX: { tickFormat: tick },
    axisY: { ticks: fewer(logTicks(bottom, top)), tickFormat: tick },
    values: (name) => (told.get(name) as readonly StepEvent[]).map(({ gain, worth }) => worth ?? gain),
    marks: (name, cell, { color }) => {
      const steps = told.get(name) as readonly StepEvent[];
      const { switches } = methods.find((method) => method.name === name) as MethodRecord;
      const phases = phasesOn(switches, end).map((phase) => ({ ...phase, ...cell }));
      const facet = { fx: 'fx', fy: 'fy', clip: true } as const;
      const line = (key: Measure, options: Plot.LineOptions) =>
        Plot.line(
          steps.map((step) => ({ seconds: step.seconds, value: Math.max(bottom, step[key] ?? Number.NaN), ...cell })),
          {
            ...facet,
            ariaDescription: lineKey(name, key),
            x: 'seconds',
            y: 'value',
            strokeLinejoin: 'round',
            ...options,
          },
        );
      return [
        Plot.rect(phases, {
          ...{ ...facet, ariaDescription: lineKey(name) },
          ...{ x1: 'from', x2: 'to', y1: bottom, y2: top, fill: color, fillOpacity: tint },
        }),
        Plot.ruleY([{ y: 1, ...cell }], { fx: 'fx', fy: 'fy', y: 'y', stroke: 'var(--line)' }),
        line('gain', { stroke: color, strokeWidth: 1.75, strokeDasharray: '1.5 2.5' }),
        line('cost', { stroke: 'var(--ink)', strokeWidth: 1.5, strokeDasharray: '4 3' }),
        line('worth', { stroke: color, strokeWidth: 2 }),
      ];
    },
  });
}

/** How much of a uniform step is noise. */
export function noiseShareFigure(methods: readonly MethodRecord[], inks: ReadonlyMap<string, Ink>): Figure | undefined {
  const told = new Map<string, readonly StepEvent[]>();
  for (const { name, steps } of methods) {
    const measured = steps.filter(({ noiseShare }) => isNumber(noiseShare));
    if (measured.length > 1) told.set(name, thinned(measured));
  }
  const end = greatest([0, ...[...told.values()].flat().map(({ seconds }) => seconds)]);
  return panels({
    title: 'Share of noise',
    caption:
      'How much of the squared length of a uniform step is noise, from exact gradient norms looked at now and then: what is left is signal, which no sampling makes smaller.',
    names: [...told.keys()],
    inks,
    x: { domain: [0, end], label: 'seconds of training' },
    y: { domain: [0, 100], label: '% of E‖g‖²' },
    axisX: { tickFormat: tick },
    values: (name) => (told.get(name) as readonly StepEvent[]).map(({ noiseShare = 0 }) => 100 * noiseShare),
    marks: (name, cell, { color }) => [
      Plot.line(
        (told.get(name) as readonly StepEvent[]).map(({ seconds, noiseShare }) => ({
          seconds,
          share: 100 * (noiseShare as number),
          ...cell,
        })),
        {
          ariaDescription: lineKey(name),
          fx: 'fx',
          fy: 'fy',
          x: 'seconds',
          y: 'share',
          stroke: color,
          strokeWidth: 2,
          curve: 'step-after',
          clip: true,
        },
      ),
    ],
  });
}

function thinned(steps: readonly StepEvent[]): readonly StepEvent[] {
  return thin(
    steps,
    [({ gain }) => gain, ({ worth }) => worth, ({ cost }) => cost, ({ noiseShare }) => noiseShare],
    panelColumns,
  );
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

/** A panel has the height for some five ticks; 1, where all steps are alike, is one of them. */
function fewer(ticks: readonly number[]): number[] {
  const every = Math.ceil(ticks.length / 5);
  const one = ticks.indexOf(1);
  return ticks.filter((_, k) => (k - one) % every === 0);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))];
}
