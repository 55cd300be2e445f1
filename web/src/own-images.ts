import { Random } from '../../src/sampling/random.ts';
import { featureCount, features, side, standardise } from './features.ts';
import type { Made } from './tasks.ts';

/** A picture of one's own: a small copy to show, and what a network is given of it. */
export interface OwnImage {
  readonly url: string;
  readonly features: Float32Array;
}

/** Pictures by class. */
export type OwnImages = readonly { readonly name: string; readonly images: readonly OwnImage[] }[];

/** Pictures that each class needs: most to train on, one in four to validate on. */
export const least = 4;

export const isEnough = (own: OwnImages): boolean =>
  own.length > 1 && own.every(({ images }) => images.length >= least);

/** What a class is called. */
export const nameOf = (own: OwnImages, label: number): string => own[label].name.trim() || `class ${label + 1}`;

/** Makes a picture of the middle of anything that can be drawn. @throws where the browser cannot read it. */
export async function ownImage(source: Blob | HTMLVideoElement): Promise<OwnImage> {
  const image = source instanceof Blob ? await createImageBitmap(source) : source;
  const [width, height] =
    source instanceof Blob ? [image.width, image.height] : [source.videoWidth, source.videoHeight];
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  const edge = Math.min(width, height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, (width - edge) / 2, (height - edge) / 2, edge, edge, 0, 0, side, side);
  return { url: canvas.toDataURL(), features: features(context.getImageData(0, 0, side, side).data) };
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
  standardise(rows, training.length);
  const part = (from: number, to: number) => {
    const x = new Float32Array((to - from) * featureCount);
    for (let i = from; i < to; i++) x.set(rows[i], (i - from) * featureCount);
    return { x, labels: Uint8Array.from(all.slice(from, to), ({ label }) => label) };
  };
  return {
    width: featureCount,
    classes: own.map((_, label) => nameOf(own, label)),
    train: part(0, training.length),
    validation: part(training.length, all.length),
    pictures: training.map(({ image }) => image.url),
  };
}
