import * as Plot from '@observablehq/plot';
import { greatest } from '../extent.ts';
import { number, shorten } from './format.ts';
import type { Content } from './html.ts';
import type { Ink } from './palette.ts';
import { type Figure, figure, type PlotElement, plot, type Size } from './plot.ts';

/** Where a panel stands; every datum of its marks must have it. */
export interface Cell {
  readonly fx: number;
  readonly fy: number;
}

/** What an axis has at its ticks: how many, or where, and in which words. */
export interface AxisOptions {
  readonly ticks?: number | readonly number[];
  readonly tickFormat?: string | ((value: number) => string);
}

export interface PanelsOptions {
  readonly title: string;
  readonly caption: Content;
  /** One panel for each, with the same axes. */
  readonly names: readonly string[];
  readonly inks: ReadonlyMap<string, Ink>;
  readonly x: { readonly label: string; readonly domain: readonly [number, number] };
  readonly y: { readonly label: string; readonly domain: readonly [number, number]; readonly type?: 'linear' | 'log' };
  /** What a method has in its panel, for those who do not see it: of numbers, the first, the last and the highest are told. */
  readonly values: (name: string) => readonly (number | undefined)[] | string;
  /** Marks of `@observablehq/plot` behind and in the panel of a method, all faceted by the cell. */
  readonly marks: (name: string, cell: Cell, ink: Ink) => readonly object[];
  readonly axisX?: AxisOptions;
  readonly axisY?: AxisOptions;
}

/**
 * Small multiples: a panel for each method, three to a row, one on a narrow screen.
 *
 * @example
 * ```ts
 * const axis = { label: 'x', domain: [0, 1] } as const;
 * const names = ['a', 'b'];
 * const empty = { x: axis, y: axis, marks: () => [], values: () => 'nothing' };
 * const small = panels({ title: 'Two', caption: 'None.', names, inks: inks(names), ...empty });
 * ```
 */
export function panels(options: PanelsOptions): Figure | undefined {
  const { title, caption, names, inks, x, y, marks, axisX, axisY } = options;
  if (names.length === 0) return undefined;
  const draw = (size: Size): PlotElement => {
    const columns = size === 'narrow' ? 1 : names.length === 4 ? 2 : Math.min(3, names.length);
    const rows = Math.ceil(names.length / columns);
    const cell = (k: number): Cell => ({ fx: k % columns, fy: Math.floor(k / columns) });
    const rowHeight = size === 'narrow' ? 150 : columns === 1 ? 240 : 190;
    return plot(size, {
      height: rows * rowHeight + 60,
      marginLeft: 44,
      marginTop: 34,
      marginBottom: 38,
      marginRight: 12,
      x: { domain: [...x.domain] },
      y: { domain: [...y.domain], type: y.type ?? 'linear' },
      fx: { axis: null, paddingInner: 0.12, paddingOuter: 0 },
      fy: { axis: null, padding: 0.22 },
      marks: [
        Plot.axisX({
          label: x.label,
          labelAnchor: 'right',
          labelArrow: 'none',
          tickSize: 4,
          ...axisX,
          // Thousands of seconds have wide names.
          ticks: axisX?.ticks ?? (columns > 1 || size === 'narrow' ? 4 : 6),
        }),
        Plot.axisY({ label: y.label, labelArrow: 'none', ticks: 4, tickSize: 0, ...axisY }),
        names.map((name, k) => [
          ...(marks(name, cell(k), inks.get(name) as Ink) as Plot.Markish[]),
          Plot.text([{ ...cell(k), name: shorten(name, Math.floor(84 / columns)) }], {
            fx: 'fx',
            fy: 'fy',
            text: 'name',
            frameAnchor: 'top-left',
            dy: -15,
            fill: (inks.get(name) as Ink).color,
            fontWeight: 600,
          }),
        ]),
      ],
    });
  };
  const description = names.map((name) => `${name}: ${told(options.values(name))}.`).join(' ');
  return figure({ title, caption, description, lines: { names, x: x.label, y: y.label }, draw });
}

function told(values: readonly (number | undefined)[] | string): string {
  if (typeof values === 'string') return values;
  const known = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  if (known.length === 0) return 'no number';
  return `${number(known[0])} first, ${number(known[known.length - 1])} last, ${number(greatest(known))} at most`;
}

/** About `length` values that are means of their neighbours, where there are more. */
export function thin<T>(values: readonly T[], length: number, mean: (group: readonly T[]) => T): T[] {
  if (values.length <= length) return [...values];
  const size = values.length / length;
  return Array.from({ length }, (_, k) => mean(values.slice(Math.floor(k * size), Math.floor((k + 1) * size))));
}
