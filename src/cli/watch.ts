import { greatest, least } from '../extent.ts';
import { printable } from '../printable.ts';
import { duration, tick } from '../report/format.ts';
import type { ErrorPoint } from '../report/lead.ts';
import type { Output } from './io.ts';
import { barLine, type Meter, type Standing } from './progress.ts';

const interval = 250;
const height = 12;
const marginLeft = 8;
const symbols = '○●◆▲■◇△□';

/** A method's curve on the terminal. */
export interface Watched {
  readonly standing: Standing;
  /** Errors, or losses, of the validation so far. */
  readonly points: readonly ErrorPoint[];
}

/**
 * A bar for each method and the validation curve over them, drawn over what was there: a frame is one write that clears
 * nothing before it is covered, so nothing flickers. Only for a terminal.
 */
export function watch(out: Output, methods: readonly Watched[], label: string): Meter {
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = 0;
  const draw = () => {
    const columns = out.columns ?? 80;
    const width = greatest(methods.map(({ standing }) => printable(standing.name).length));
    const bars = methods.map(({ standing }, k) => `${symbolOf(k)} ${barLine(standing, width, columns - 2)}`);
    const lines = [...chart(methods, columns - 1, label), ...bars];
    // Up to the first line; each line covers the old one, and what is left of that is cleared behind it.
    const up = drawn > 0 ? `\u001b[${drawn}A\r` : '';
    const frame = `\u001b[?2026h${up}${lines.map((line) => `${printable(line)}\u001b[K\n`).join('')}\u001b[?2026l`;
    (out.control ?? out.write).call(out, frame);
    drawn = lines.length;
    drawnAt = performance.now();
  };
  return {
    update: () => {
      if (performance.now() - drawnAt >= interval) draw();
    },
    end: draw,
  };
}

const symbolOf = (k: number): string => symbols[k % symbols.length];

/** The points of all methods over the seconds of training, on a logarithmic axis; as many lines whatever there is. */
export function chart(methods: readonly Watched[], columns: number, label: string): string[] {
  const placed = methods.map(({ points }) =>
    points.filter(({ error, seconds }) => error > 0 && error < Infinity && seconds >= 0),
  );
  const all = placed.flat();
  const empty = Array.from({ length: height + 2 }, () => '');
  const width = columns - marginLeft - 1;
  if (all.length === 0 || width < 10)
    return [`${label}: nothing measured yet`.slice(0, Math.max(0, columns)), ...empty.slice(1)];
  const [low, high] = [least(all.map(({ error }) => error)), greatest(all.map(({ error }) => error))];
  const end = Math.max(greatest(all.map(({ seconds }) => seconds)), 1e-9);
  const grid = Array.from({ length: height }, () => new Array<string>(width).fill(' '));
  const row = (error: number) =>
    high === low ? height - 1 : Math.round((Math.log(high / error) / Math.log(high / low)) * (height - 1));
  for (const [k, points] of placed.entries()) {
    for (const { seconds, error } of points) grid[row(error)][Math.round((seconds / end) * (width - 1))] = symbolOf(k);
  }
  const value = (k: number) => high * (low / high) ** (k / (height - 1));
  const lines = grid.map((cells, k) => {
    const name = k % 4 === 0 || k === height - 1 ? tick(Number(value(k).toPrecision(2))) : '';
    return `${name.slice(0, marginLeft - 1).padStart(marginLeft - 1)} │${cells.join('')}`.trimEnd();
  });
  return [label.slice(0, columns), ...lines, `${' '.repeat(marginLeft)}└ 0 to ${duration(end)} of training`];
}
