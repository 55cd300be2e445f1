import { fault } from '../errors.ts';
import type { ByteImages, ImageSplits } from './images.ts';
import { installedMnist, MNIST, readIdxSet } from './mnist.ts';
import type { ScalingOptions } from './normalize.ts';

/** The 60,000 and 10,000 digits of MNIST, 28 × 28 × 1. */
export async function mnist(options: ScalingOptions = {}): Promise<ImageSplits<ByteImages>> {
  const folder = installedMnist();
  if (folder === undefined) throw fault({ wrong: 'MNIST is not on this machine' });
  return readIdxSet(folder, MNIST, options);
}
