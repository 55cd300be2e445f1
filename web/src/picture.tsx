import { useMemo } from 'preact/hooks';
import { colors } from './plane.tsx';
import type { Task } from './tasks.ts';

export interface PictureProps {
  readonly task: Task;
  readonly index: number;
  readonly size: number;
  /** Its class now; null where it is out. */
  readonly label: number | null;
}

/** A sample as a picture: a digit, a picture of one's own, or where a point lies. */
export function Picture({ task, index, size, label }: PictureProps) {
  const url = useMemo(() => task.pictures?.[index] ?? draw(task, index, label), [task, index, label]);
  return <img src={url} width={size} height={size} alt="" />;
}

function draw({ train, width }: Task, index: number, label: number | null): string {
  const side = 28;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  if (width === 2) {
    const half = 3;
    // The whole point is in the picture, also at its edge.
    const at = (value: number) => half + ((value + 1) / 2) * (side - 2 * half);
    context.fillStyle = '#8883';
    context.fillRect(0, 0, side, side);
    context.fillStyle = colors[label ?? train.labels[index]];
    context.fillRect(at(train.x[2 * index]) - half, at(train.x[2 * index + 1]) - half, 2 * half, 2 * half);
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
