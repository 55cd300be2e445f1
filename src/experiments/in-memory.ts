import { ByteImages, type LabelledImages } from '../data/index.ts';

/** Pictures that are decoded at once. */
const atOnce = 64;

/** Images of one size as bytes in memory, decoded where they are not yet. */
export async function inMemory(images: LabelledImages): Promise<ByteImages> {
  if (images instanceof ByteImages) return images;
  const { name, length, classNames } = images;
  const labels = Uint16Array.from(images.labels);
  const { height, width, channels } = await images.image(0);
  const size = height * width * channels;
  const pixels = new Uint8Array(length * size);
  for (let from = 0; from < length; from += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, length - from) }, (_, k) => images.image(from + k));
    for (const [k, { data }] of (await Promise.all(some)).entries()) pixels.set(data, (from + k) * size);
  }
  return new ByteImages({ name, pixels, labels, height, width, channels, classNames });
}
