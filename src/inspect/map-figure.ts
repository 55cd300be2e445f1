import * as Plot from '@observablehq/plot';
import { cartography } from '../fit/sample-files.ts';
import type { SampleHistory } from '../fit/sample-history.ts';
import { count } from '../report/format.ts';
import { type Figure, figure, grid, plot, type Size } from '../report/plot.ts';

/** Cells along a side: a picture of a million samples is no larger than one of a thousand. */
const cells = 50;
/** The standard deviation of what lies between 0 and 1 is at most this. */
const widest = 0.5;

interface Cell {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly n: number;
}

/**
 * The map of Swayamdipta et al., *Dataset Cartography*, 2020: mean probability of the label against its spread over the
 * run. `undefined` where the model tells no classes.
 *
 * @param marked samples that are drawn one by one: those with the likeliest wrong labels.
 */
export function mapFigure(samples: SampleHistory, marked: readonly number[]): Figure | undefined {
  const points = cartography(samples);
  if (points.length === 0) return undefined;
  const counts = new Map<number, number>();
  const cellOf = (value: number, top: number) => Math.min(cells - 1, Math.floor((cells * value) / top));
  for (const { variability, confidence } of points) {
    const cell = cells * cellOf(confidence, 1) + cellOf(variability, widest);
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const boxes = [...counts].map(([cell, n]): Cell => {
    const [x, y] = [cell % cells, Math.floor(cell / cells)];
    const [width, height] = [widest / cells, 1 / cells];
    return { x1: x * width, x2: (x + 1) * width, y1: y * height, y2: (y + 1) * height, n };
  });
  const most = boxes.reduce((largest, { n }) => Math.max(largest, n), 1);
  const wanted = new Set(marked);
  const suspects = points.filter(({ index }) => wanted.has(index));
  const easy = points.filter(({ confidence, variability }) => confidence > 0.75 && variability < 0.2).length;
  const hard = points.filter(({ confidence }) => confidence < 0.25).length;
  const draw = (size: Size) =>
    plot(size, {
      height: size === 'wide' ? 420 : 320,
      marginLeft: 48,
      marginBottom: 40,
      x: { domain: [0, widest], label: 'spread of the probability of the label', ticks: 5 },
      y: { domain: [0, 1], label: 'its mean', ticks: 5 },
      marks: [
        Plot.gridX(grid),
        Plot.gridY(grid),
        Plot.rect(boxes, {
          ...{ x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'var(--m0)', inset: 0 },
          fillOpacity: ({ n }: Cell) => 0.15 + 0.85 * (Math.log1p(n) / Math.log1p(most)),
          title: ({ n }: Cell) => `${count(n)} samples`,
        }),
        Plot.dot(suspects, { x: 'variability', y: 'confidence', r: 2, stroke: 'var(--m1)', strokeWidth: 1.2 }),
      ],
    });
  return figure({
    title: 'Map of the samples',
    name: 'map',
    caption: `Each sample by the probability that the model gave to its label: its mean over the run upwards, its spread to the right; the darker a box, the more samples (of ${count(points.length)}). ${count(easy)} are easy (top left), ${count(hard)} hard or wrongly labelled (bottom). Circles: the ${count(suspects.length)} likeliest wrong labels.`,
    draw,
  });
}
