import { useEffect, useRef } from 'preact/hooks';
import { type Edits, labelOf } from './edits.ts';
import type { Side } from './race.ts';
import type { Task } from './tasks.ts';

export const colors = ['#0072b2', '#d55e00', '#009e73'] as const;

export interface PlaneProps {
  readonly side: Side;
  readonly task: Task;
  readonly edits: Edits;
  /** Class to paint with. */
  readonly brush: number;
  readonly paint: (indices: readonly number[], label: number) => void;
}

/** The points of a two-dimensional set over what the network says of the plane; those nearby a drag get another label. */
export function Plane({ side, task, edits, brush, paint }: PlaneProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const size = 320;
    context.clearRect(0, 0, size, size);
    if (side.regions) {
      const grid = Math.sqrt(side.regions.length);
      // Whole pixels: parts that overlap would draw a net.
      const edge = (k: number) => Math.round((k * size) / grid);
      side.regions.forEach((label, k) => {
        const [column, row] = [k % grid, Math.floor(k / grid)];
        context.fillStyle = `${colors[label]}40`;
        context.fillRect(edge(column), edge(row), edge(column + 1) - edge(column), edge(row + 1) - edge(row));
      });
    }
    const most = side.picks.reduce((a, b) => Math.max(a, b), 1);
    const { x, labels } = task.train;
    labels.forEach((_, i) => {
      const label = labelOf(i, edits, task);
      if (label === null) return;
      context.fillStyle = colors[label];
      context.beginPath();
      context.arc(
        ((x[2 * i] + 1) / 2) * size,
        ((x[2 * i + 1] + 1) / 2) * size,
        1.5 + 4 * ((side.picks[i] ?? 0) / most),
        0,
        7,
      );
      context.fill();
    });
  });
  const stroke = (event: PointerEvent) => {
    if (event.buttons === 0) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const [px, py] = [
      ((event.clientX - box.left) / box.width) * 2 - 1,
      ((event.clientY - box.top) / box.height) * 2 - 1,
    ];
    const { x, labels } = task.train;
    const near = [...labels.keys()].filter(
      (i) => Math.hypot(x[2 * i] - px, x[2 * i + 1] - py) < 0.08 && labelOf(i, edits, task) !== brush,
    );
    if (near.length > 0) paint(near, brush);
  };
  return (
    <canvas
      ref={canvas}
      class="plane"
      width={320}
      height={320}
      role="img"
      aria-label="The points, larger where picked more often, over what the network says of the plane. Drag over points to give them the chosen class."
      onPointerDown={stroke}
      onPointerMove={stroke}
    />
  );
}
