import { Random } from '../../src/sampling/random.ts';
import { features, side, standardise } from './features.ts';
import type { Made } from './tasks.ts';

/** A picture of one's own: a small copy to show, and what a network is given of it. */
export interface OwnImage {
  readonly url: string;
  /** A larger copy, for a network to look at. */
  readonly pixels: ImageData;
  readonly features: Float32Array;
}

/** Pictures by class. */
export type OwnImages = readonly { readonly name: string; readonly images: readonly OwnImage[] }[];

/** Side of the copy that a network looks at. */
const large = 128;

/** Pictures that each class needs: most to train on, one in four to validate on. */
export const least = 4;

export const isEnough = (own: OwnImages): boolean =>
  own.length > 1 && own.every(({ images }) => images.length >= least);

/** What a class is called. */
export const nameOf = (own: OwnImages, label: number): string => own[label].name.trim() || `class ${label + 1}`;

/** Makes a picture of the middle of a file or of what a camera sees. @throws where the browser cannot read it. */
export async function ownImage(source: Blob | HTMLVideoElement): Promise<OwnImage> {
  if (source instanceof HTMLVideoElement) return toOwn(source, source.videoWidth, source.videoHeight);
  if (source.type === 'image/svg+xml') return drawn(source);
  const image = await createImageBitmap(source);
  try {
    return toOwn(image, image.width, image.height);
  } finally {
    // A photograph takes 50 MB until it is collected.
    image.close();
  }
}

/** Makes a picture of a drawing, of which no browser makes a bitmap. */
async function drawn(source: Blob): Promise<OwnImage> {
  const image = new Image();
  image.src = URL.createObjectURL(source);
  try {
    await image.decode();
    return toOwn(image, image.naturalWidth, image.naturalHeight);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function toOwn(image: CanvasImageSource, width: number, height: number): OwnImage {
  const edge = Math.min(width, height);
  const copy = (size: number) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = size;
    const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, (width - edge) / 2, (height - edge) / 2, edge, edge, 0, 0, size, size);
    return { canvas, pixels: context.getImageData(0, 0, size, size) };
  };
  const small = copy(side);
  return { url: small.canvas.toDataURL(), pixels: copy(large).pixels, features: features(small.pixels.data) };
}

/** The pictures as samples: every fourth of a class is to validate on. */
export function ownTask(own: OwnImages, seed: number): Made & { readonly pictures: readonly string[] } {
  const random = new Random(seed);
  const [training, held] = [[], []] as { image: OwnImage; label: number }[][];
  own.forEach(({ images }, label) => {
    random.permutation(images.length).forEach((at, k) => {
      (k % 4 === 3 ? held : training).push({ image: images[at], label });
    });
  });
  const all = [...training, ...held];
  const rows = all.map(({ image }) => image.features.slice());
  const width = rows[0].length;
  standardise(rows, training.length);
  const part = (from: number, to: number) => {
    const x = new Float32Array((to - from) * width);
    for (let i = from; i < to; i++) x.set(rows[i], (i - from) * width);
    return { x, labels: Uint8Array.from(all.slice(from, to), ({ label }) => label) };
  };
  return {
    width,
    classes: own.map((_, label) => nameOf(own, label)),
    train: part(0, training.length),
    validation: part(training.length, all.length),
    pictures: training.map(({ image }) => image.url),
  };
}
