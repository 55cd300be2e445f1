import { ByteImages } from '../data/index.ts';
import { fault } from '../errors.ts';

/**
 * The same images at half the height and width, each pixel the mean of four, with inputs normalised by statistics of
 * their own. A quarter of the work of a step: what two cores need to reach the later part of a training.
 */
export function halved(images: ByteImages, like?: ByteImages): ByteImages {
  const [height, width, channels] = images.inputShape;
  if (height % 2 || width % 2) {
    throw fault({ wrong: 'images cannot be halved', got: `${height} × ${width}`, expected: 'even sides' });
  }
  const half = new Uint8Array(images.pixels.length / 4);
  const row = width * channels;
  let out = 0;
  for (let y = 0; y < images.length * height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      for (let c = 0; c < channels; c++) {
        const at = y * row + x * channels + c;
        const { pixels } = images;
        half[out++] = Math.round(
          (pixels[at] + pixels[at + channels] + pixels[at + row] + pixels[at + row + channels]) / 4,
        );
      }
    }
  }
  const small = new ByteImages({
    name: `${images.name} at ${height / 2} × ${width / 2}`,
    pixels: half,
    labels: images.labels,
    height: height / 2,
    width: width / 2,
    channels,
    classNames: images.classNames,
  });
  return small.scaled(statistics(like ?? small));
}

function statistics({ pixels, inputShape: [, , channels] }: ByteImages) {
  const mean = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  for (let i = 0; i < pixels.length; i++) {
    mean[i % channels] += pixels[i];
    squares[i % channels] += pixels[i] ** 2;
  }
  const n = pixels.length / channels;
  return {
    mean: mean.map((sum) => sum / n),
    std: squares.map((sum, c) => Math.sqrt(sum / n - (mean[c] / n) ** 2)),
  };
}
