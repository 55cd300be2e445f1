import { train as digitCount, labels as digitLabels, url as digitUrl } from 'virtual:digits';
import { Random } from '../../src/sampling/random.ts';
import type { TaskName } from './task-names.ts';

/** What changes the training set. Validation is never changed. */
export interface Dials {
  /** Share of the training labels that are wrong. */
  readonly noise: number;
  /** How many times rarer the second half of the classes is. */
  readonly imbalance: number;
  readonly seed: number;
}

/** Samples with one class each, by rows of `width` numbers. */
export interface Part {
  readonly x: Float32Array;
  readonly labels: Uint8Array;
}

export interface Task {
  readonly name: TaskName;
  readonly width: number;
  readonly classes: readonly string[];
  readonly train: Part;
  readonly validation: Part;
  /** Addresses of the training pictures, where the rows are not the pictures themselves. */
  readonly pictures?: readonly string[];
  /** Which training labels were made wrong. */
  readonly wrong: ReadonlySet<number>;
}

/** @param own the samples, where they are the visitor's own. */
export async function loadTask(name: TaskName, dials: Dials, own?: Made): Promise<Task> {
  const made = name === 'digits' ? await digits() : (own ?? spirals(dials.seed));
  const { width, classes, train, validation } = made;
  const random = new Random(dials.seed);
  const left = rarer(train.labels, classes.length, dials.imbalance);
  const kept = rowsOf(train, left, width);
  const wrong = new Set<number>();
  for (let i = 0; i < kept.labels.length; i++) {
    if (random.uniform() >= dials.noise) continue;
    kept.labels[i] = (kept.labels[i] + 1 + random.integer(classes.length - 1)) % classes.length;
    wrong.add(i);
  }
  const pictures = made.pictures && Array.from(left, (i) => made.pictures![i]);
  return { name, width, classes, train: kept, validation, wrong, pictures };
}

export type Made = Pick<Task, 'width' | 'classes' | 'train' | 'validation' | 'pictures'>;

/** Leaves out all but every k-th sample of the second half of the classes. */
function rarer(labels: Uint8Array, classes: number, k: number): number[] {
  const seen = new Map<number, number>();
  return Array.from(labels.keys()).filter((i) => {
    if (labels[i] < classes / 2) return true;
    const count = seen.get(labels[i]) ?? 0;
    seen.set(labels[i], count + 1);
    return count % k === 0;
  });
}

function rowsOf({ x, labels }: Part, kept: readonly number[], width: number): Part {
  const rows = new Float32Array(kept.length * width);
  kept.forEach((i, to) => {
    rows.set(x.subarray(i * width, (i + 1) * width), to * width);
  });
  return { x: rows, labels: Uint8Array.from(kept, (i) => labels[i]) };
}

async function digits(): Promise<Made> {
  const image = await createImageBitmap(await (await fetch(digitUrl)).blob());
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const x = new Float32Array(width * height);
  for (let i = 0; i < x.length; i++) x[i] = data[4 * i] / 255;
  const labels = Uint8Array.from(digitLabels, Number);
  return {
    width,
    classes: [...'0123456789'],
    train: { x: x.subarray(0, digitCount * width), labels: labels.subarray(0, digitCount) },
    validation: { x: x.subarray(digitCount * width), labels: labels.subarray(digitCount) },
  };
}

/** Three arms that wind around each other, in the square from −1 to 1. */
function spirals(seed: number): Made {
  const random = new Random(seed + 1);
  const part = (count: number): Part => {
    const [x, labels] = [new Float32Array(2 * count), new Uint8Array(count)];
    for (let i = 0; i < count; i++) {
      const [arm, r] = [i % 3, 0.08 + 0.9 * Math.sqrt(random.uniform())];
      const angle = 4.5 * r + (arm * 2 * Math.PI) / 3 + 0.12 * random.normal();
      x[2 * i] = r * Math.cos(angle);
      x[2 * i + 1] = r * Math.sin(angle);
      labels[i] = arm;
    }
    return { x, labels };
  };
  return { width: 2, classes: ['blue', 'orange', 'green'], train: part(900), validation: part(900) };
}
