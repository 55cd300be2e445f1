import { getData } from './get.ts';
import type { ByteImages, ImageSplits } from './images.ts';
import { MNIST, readIdxSet } from './mnist.ts';
import type { ScalingOptions } from './normalize.ts';

/**
 * The 60,000 and 10,000 digits of MNIST, 28 × 28 × 1; fetched into the cache where they are not installed.
 *
 * @example
 * ```ts
 * const { train, test } = await mnist();
 * ```
 */
export async function mnist(options: ScalingOptions = {}): Promise<ImageSplits<ByteImages>> {
  return readIdxSet(await getData('mnist'), MNIST, options);
}
