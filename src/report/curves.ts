import * as Plot from '@observablehq/plot';
import { greatest, least } from '../extent.ts';
import { list, number, tick } from './format.ts';
import type { Content } from './html.ts';
import { lineKey } from './line-key.ts';
import type { Ink } from './palette.ts';
import { type Figure, figure, grid, type PlotElement, plot, type Size } from './plot.ts';
import { thin } from './thin.ts';

/** A point of a line. */
export interface XY {
  readonly x: number;
  readonly y: number;
}

export interface CurvesOptions {
  readonly title: string;
  /** What its file is named after. Default the title. */
  readonly name?: string;
  readonly caption: Content;
  /** The points of each line by its name, in their order. */
  readonly lines: ReadonlyMap<string, readonly XY[]>;
  readonly inks: ReadonlyMap<string, Ink>;
  readonly x: { readonly label: string };
  readonly y: { readonly label: string; readonly format?: (value: number) => string };
}

/** More lines than this are named in a legend, fewer at their ends. */
const namedAtEnd = 8;
const lineHeight = 14;
const marginBottom = 38;

/**
 * One line for each method over the same axes, y logarithmic: what a training curve wants.
 *
 * @example
 * ```ts
 * const lines = new Map([['uniform', [{ x: 0, y: 1 }, { x: 1, y: 0.5 }]]]);
 * const drawn = curves({ title: 'Loss', caption: 'By epoch.', lines, inks: inks(['uniform']), x: { label: 'epoch' }, y: { label: 'loss' } });
 * ```
 */
export function curves({ title, name: file, caption, lines, inks, x, y }: CurvesOptions): Figure | undefined {
  const drawn = new Map([...lines].map(([name, points]) => [name, drawable(points)]));
  const all = [...drawn.values()].flat().filter(isFinitePoint);
  if (all.length === 0) return undefined;
  const positive = all.map((point) => point.y).filter((value) => value > 0);
  // A loss of exactly zero has no place on a logarithmic axis: it is drawn at its lower end.
  const floor = positive.length > 0 ? least(positive) / 2 : 1e-6;
  const top = Math.max(floor * 4, greatest(positive)) * 1.15;
  const bottom = positive.length < all.length ? floor : least(positive) / 1.15;
  const names = [...drawn].filter(([, points]) => points.some(isFinitePoint)).map(([name]) => name);
  const lost = [...drawn].filter(([name, points]) => points.length > 0 && !names.includes(name)).map(([name]) => name);
  const points = names.flatMap((name) =>
    (drawn.get(name) as readonly XY[]).map((point) => ({ x: point.x, y: Math.max(point.y, floor), name })),
  );
  const named = names.length <= namedAtEnd;

  const draw = (size: Size): PlotElement => {
    const atEnd = named && size === 'wide';
    const longest = greatest(names.map((name) => name.length));
    const height = size === 'wide' ? 360 : 280;
    const options = (labels: Plot.Markish[]): Plot.PlotOptions => ({
      height,
      marginLeft: 48,
      marginTop: 28,
      marginBottom,
      marginRight: atEnd ? Math.min(200, 16 + 7 * longest) : 12,
      y: { type: 'log', domain: [bottom, top] },
      marks: [
        Plot.gridY(logTicks(bottom, top), grid),
        Plot.axisY(logTicks(bottom, top), {
          label: y.label,
          labelArrow: 'none',
          text: y.format ?? tick,
          tickSize: 0,
        }),
        Plot.axisX({
          label: x.label,
          labelAnchor: 'right',
          labelArrow: 'none',
          ticks: size === 'wide' ? 8 : 5,
          tickFormat: tick,
          tickSize: 4,
        }),
        names.flatMap((name) => {
          const { color, dash } = inks.get(name) as Ink;
          const mine = points.filter((point) => point.name === name);
          return [
            Plot.line(mine, {
              ariaDescription: lineKey(name),
              x: 'x',
              y: 'y',
              stroke: color,
              strokeWidth: 2,
              strokeDasharray: dash,
              strokeLinejoin: 'round',
            }),
            mine.length <= 40 &&
              Plot.dot(mine, { ariaDescription: lineKey(name), x: 'x', y: 'y', fill: color, r: 2.2 }),
            Plot.dot(lastFinite(mine), {
              ...{
                ariaDescription: lineKey(name),
                x: 'x',
                y: 'y',
                symbol: 'times',
                stroke: color,
                strokeWidth: 2.5,
                r: 5,
              },
            }),
          ].filter((mark) => mark !== false);
        }),
        ...labels,
      ],
    });
    if (!atEnd) return plot(size, options([]));
    const { apply } = plot(size, options([])).scale('y')!;
    const ends = names.map(
      (name) => points.findLast((point) => point.name === name && isFinitePoint(point)) as XY & { name: string },
    );
    const shifts = apart(
      ends.map((end) => apply(end.y)),
      lineHeight,
      height - marginBottom - 6,
    );
    return plot(
      size,
      options(
        ends.map((end, k) =>
          Plot.text([end], {
            ariaDescription: lineKey(end.name),
            x: () => greatest(points.map((point) => point.x)),
            y: 'y',
            text: 'name',
            textAnchor: 'start',
            dx: 8,
            dy: shifts[k],
            fill: (inks.get(end.name) as Ink).color,
            fontWeight: 600,
          }),
        ),
      ),
    );
  };
  return figure({
    title,
    name: file,
    caption: withLost(
      caption,
      lost,
      names.some((name) => lastFinite(drawn.get(name) as readonly XY[]).length > 0),
    ),
    description: description(names, lines, x.label, y.format ?? number),
    lines: { names, x: x.label, y: y.label },
    legend: names.length > 1 ? { names, inks, narrow: named } : undefined,
    draw,
  });
}

/** `importance: 0.900 first, 0.0190 last, 0.0190 at best after 10.0 seconds of training`, for each line. */
function description(
  names: readonly string[],
  lines: CurvesOptions['lines'],
  label: string,
  text: (value: number) => string,
): string {
  return names
    .map((name) => {
      const points = (lines.get(name) as readonly XY[]).filter(isFinitePoint);
      const best = points.reduce((least, point) => (point.y < least.y ? point : least));
      const [first, last] = [points[0], points[points.length - 1]];
      return `${name}: ${text(first.y)} first, ${text(last.y)} last, ${text(best.y)} at best, at ${number(best.x)} ${label}.`;
    })
    .join(' ');
}

/** A line is broken where its value is not finite; a point without a place has none. */
function drawable(points: readonly XY[]): readonly XY[] {
  const placed = points.filter(({ x }) => Number.isFinite(x));
  return thin(placed, [({ y }) => (Number.isFinite(y) ? y : undefined)]).map((point) =>
    isFinitePoint(point) ? point : { ...point, y: Number.NaN },
  );
}

/** Points after which the line is no number. */
function lastFinite<P extends XY>(points: readonly P[]): P[] {
  return points.filter((point, k) => isFinitePoint(point) && k + 1 < points.length && !isFinitePoint(points[k + 1]));
}

function withLost(caption: Content, lost: readonly string[], ended: boolean): Content {
  return [
    caption,
    ended && ' ×: after it the value is no finite number.',
    lost.length > 0 && ` No finite number: ${list(lost)}.`,
  ];
}

function isFinitePoint({ x, y }: XY): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}

/** Decades, or 1, 2, 5 in each where there are few, or round steps within less than one. */
export function logTicks(bottom: number, top: number): number[] {
  const decades = Math.log10(top / bottom);
  const steps =
    decades > 5 ? [1] : decades > 2.5 ? [1, 3] : decades > 0.7 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9];
  const every = Math.max(1, Math.ceil(decades / 10));
  const ticks: number[] = [];
  for (let decade = Math.floor(Math.log10(bottom)); decade <= Math.log10(top); decade++) {
    if (decade % every !== 0) continue;
    for (const step of steps) {
      // A product with a negative power of ten is not the number one writes; its decimal text is.
      const value = Number(`${step}e${decade}`);
      if (value >= bottom && value <= top) ticks.push(value);
    }
  }
  return ticks;
}

/** By how much each of these positions has to move for all to be `distance` apart and none beyond `limit`; their order stays. */
export function apart(positions: readonly number[], distance: number, limit = Infinity): number[] {
  const order = positions.map((_, k) => k).sort((a, b) => positions[a] - positions[b]);
  const moved = order.map((k) => positions[k]);
  for (let pass = 0; pass < 50; pass++) {
    for (let k = 1; k < moved.length; k++) {
      const overlap = distance - (moved[k] - moved[k - 1]);
      if (overlap <= 0) continue;
      moved[k - 1] -= overlap / 2;
      moved[k] += overlap / 2;
    }
  }
  for (let k = moved.length - 1; k >= 0; k--) {
    moved[k] = Math.min(moved[k], k === moved.length - 1 ? limit : moved[k + 1] - distance);
  }
  const shifts = new Array<number>(positions.length);
  order.forEach((k, place) => {
    shifts[k] = moved[place] - positions[k];
  });
  return shifts;
}
