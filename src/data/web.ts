/** The parts of `unequal/data` that need no file system: all that a browser gets of it. */

export type { HostBatch, HostRows, HostSamples } from './arrays.ts';
export { arraySamples } from './arrays.ts';
export { type AugmentOptions, augmented } from './augment.ts';
export { concat } from './concat.ts';
export type { HashedTextInit } from './hashed-text.ts';
export { HashedText } from './hashed-text.ts';
export type { ByteImagesInit } from './images.ts';
export { ByteImages, type ImageSplits, type LabelledImages, oneHot, type RawImage } from './images.ts';
export { perClass, permutation } from './indices.ts';
export type { LabelledBatch, LabelledSamples, Origin, ShapedSamples, Shown, Splits } from './labelled.ts';
export { type PixelSequenceOptions, pixelSequences } from './pixel-sequence.ts';
export { relabelled } from './relabelled.ts';
export type { Batch, NdArray, Rows, Samples } from './samples.ts';
export type { ChannelStatistics, Scaling } from './scaling.ts';
export { repeat, split, subset } from './subset.ts';
export { type Whitening, whitened, type ZcaOptions, zca } from './zca.ts';
