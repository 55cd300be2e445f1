import type { ByteImages, ImageSplits, RawImage } from './images.ts';
import type { ChannelStatistics, Scaling } from './scaling.ts';

/** How a data set's bytes become inputs; `standard` computes the statistics of each channel over the training part. */
export interface ScalingOptions {
  /** Default `unit`. */
  readonly scaling?: Scaling | 'standard';
}

/** Counts of every byte value per channel; the exact mean and variance follow from them. */
class ChannelHistogram {
  readonly #counts: Float64Array;
  readonly #channels: number;

  constructor(channels: number) {
    this.#channels = channels;
    this.#counts = new Float64Array(256 * channels);
  }

  /** Adds pixels in the order row, column, channel. */
  add(pixels: Uint8Array): void {
    const channels = this.#channels;
    const counts = this.#counts;
    for (let i = 0; i < pixels.length; i += channels) {
      for (let c = 0; c < channels; c++) counts[256 * c + pixels[i + c]]++;
    }
  }

  /** Mean and population standard deviation of every channel, in units of the bytes. */
  statistics(): ChannelStatistics {
    const mean: number[] = [];
    const std: number[] = [];
    for (let c = 0; c < this.#channels; c++) {
      const counts = this.#counts.subarray(256 * c, 256 * (c + 1));
      const total = counts.reduce((sum, count) => sum + count, 0);
      const m = counts.reduce((sum, count, x) => sum + count * x, 0) / total;
      mean.push(m);
      std.push(Math.sqrt(counts.reduce((sum, count, x) => sum + count * (x - m) ** 2, 0) / total));
    }
    return { mean, std };
  }
}

/** Mean and standard deviation of every channel over all pixels of all images; exact, in units of the bytes. */
export function channelStatistics(images: ByteImages): ChannelStatistics {
  const histogram = new ChannelHistogram(images.inputShape[2]);
  histogram.add(images.pixels);
  return histogram.statistics();
}

/** {@link channelStatistics} of images that are read one by one, at most `limit` of them, evenly spread. */
export async function sampledStatistics(
  images: { readonly length: number; image(index: number): RawImage | Promise<RawImage> },
  limit = images.length,
): Promise<ChannelStatistics> {
  const n = Math.min(limit, images.length);
  const first = await images.image(0);
  const histogram = new ChannelHistogram(first.channels);
  for (let k = 0; k < n; k++) histogram.add((await images.image(Math.floor((k * images.length) / n))).data);
  return histogram.statistics();
}

/** Both parts with the scaling asked for; the statistics of `standard` are those of the training part. */
export function scaleSplits(
  { train, test }: ImageSplits<ByteImages>,
  scaling: Scaling | 'standard' = 'unit',
): ImageSplits<ByteImages> {
  const chosen = scaling === 'standard' ? channelStatistics(train) : scaling;
  return { train: train.scaled(chosen), test: test.scaled(chosen) };
}
