import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Visit } from './messages.ts';
import type { Side } from './race.ts';
import type { Task } from './tasks.ts';

/** Pictures in the last batch that are shown, those with the largest losses first. */
const shown = 24;

export interface PicturesProps {
  readonly side: Side;
  readonly task: Task;
  /** Samples whose label is another now, or that are out. */
  readonly edits: ReadonlyMap<number, number | null>;
  readonly choose: (index: number) => void;
  /** Told what is pointed at or focused, and what there is to say of it. */
  readonly look: (looked: { readonly says: string; readonly visits: readonly Visit[] }) => void;
}

/** The last batch: the larger a picture, the more often it was picked; the thicker its border, the larger its loss. */
export function Pictures({ side, task, edits, choose, look }: PicturesProps) {
  const { batch, picks } = side;
  if (!batch) return <p class="soft">No batch yet.</p>;
  const loss = new Map(batch.indices.map((index, k) => [index, batch.losses[k]]));
  const visits = new Map(batch.indices.map((index, k) => [index, batch.visits[k]]));
  const list = [...loss].sort((a, b) => b[1] - a[1]).slice(0, shown);
  const average = picks.reduce((sum, count) => sum + count, 0) / picks.length;
  return (
    <ul class="pictures">
      {list.map(([index, value]) => {
        const label = edits.get(index) ?? task.train.labels[index];
        const removed = edits.get(index) === null;
        const size = Math.round(Math.min(64, 26 + 12 * Math.sqrt(picks[index] / Math.max(1, average))));
        const says = `Sample ${index}, ${removed ? 'removed' : `labelled ${task.classes[label]}`}${task.wrong.has(index) && !edits.has(index) ? ' wrongly' : ''}: picked ${picks[index]} times, loss ${value.toFixed(2)}`;
        const tell = () => look({ says, visits: visits.get(index) ?? [] });
        return (
          <li key={index}>
            <button
              type="button"
              title={says}
              aria-label={`${says}. Relabel or remove it`}
              class={removed ? 'removed' : ''}
              style={{ borderWidth: `${Math.min(7, 1 + 2 * value)}px` }}
              onMouseEnter={tell}
              onFocus={tell}
              onClick={() => choose(index)}
            >
              <Picture task={task} index={index} size={size} />
              <span>{task.classes[label].slice(0, 1)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** One digit, or where a point lies. */
export function Picture({ task, index, size }: { readonly task: Task; readonly index: number; readonly size: number }) {
  const url = useMemo(() => task.pictures?.[index] ?? draw(task, index), [task, index]);
  return <img src={url} width={size} height={size} alt="" />;
}

function draw({ train, width }: Task, index: number): string {
  const side = 28;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  if (width === 2) {
    context.fillStyle = '#888';
    const at = (value: number) => ((value + 1) / 2) * side;
    context.fillRect(at(train.x[2 * index]) - 3, at(train.x[2 * index + 1]) - 3, 6, 6);
    return canvas.toDataURL();
  }
  const image = context.createImageData(side, side);
  for (let p = 0; p < width; p++) {
    const ink = 255 * (1 - train.x[index * width + p]);
    image.data.set([ink, ink, ink, 255], 4 * p);
  }
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}

export const colors = ['#0072b2', '#d55e00', '#009e73'] as const;

export interface PlaneProps {
  readonly side: Side;
  readonly task: Task;
  readonly edits: ReadonlyMap<number, number | null>;
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
      side.regions.forEach((label, k) => {
        context.fillStyle = `${colors[label]}40`;
        context.fillRect(
          (k % grid) * (size / grid),
          Math.floor(k / grid) * (size / grid),
          size / grid + 0.5,
          size / grid + 0.5,
        );
      });
    }
    const most = side.picks.reduce((a, b) => Math.max(a, b), 1);
    const { x, labels } = task.train;
    labels.forEach((label, i) => {
      const now = edits.get(i) ?? label;
      if (edits.get(i) === null) return;
      context.fillStyle = colors[now];
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
      (i) => Math.hypot(x[2 * i] - px, x[2 * i + 1] - py) < 0.08 && edits.get(i) !== brush,
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
