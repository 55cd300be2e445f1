/** `unequal/data`: real data sets as samples, for Node. */
export { arraySamples } from './arrays.ts';
export { type AugmentOptions, augmented } from './augment.ts';
export { concat } from './concat.ts';
export { checkData, type DataReport, type GetOptions, getData, loadData, loadSamples } from './get.ts';
export { HashedText } from './hashed-text.ts';
export { type ImageFolder, type ImageFolderOptions, imageFolder } from './image-folder.ts';
export { ByteImages, type ImageSplits, type LabelledImages, oneHot, type RawImage } from './images.ts';
export { perClass, permutation } from './indices.ts';
export type { LabelledBatch, LabelledSamples, Splits } from './labelled.ts';
export { mnist } from './load.ts';
export type { NumberList } from './own/cell.ts';
export type { ColumnKind, OwnDataOptions } from './own/options.ts';
export { type OwnData, ownData } from './own/own-data.ts';
export type { PictureData } from './own/picture-data.ts';
export type {
  PicturePreparation,
  Preparation,
  PreparedColumn,
  TablePreparation,
  Target,
  Task,
} from './own/preparation.ts';
export * from './own/samples-of.ts';
export type { TableData } from './own/table-data.ts';
export { type ShapedSamples, TableSamples } from './own/table-samples.ts';
export { type PixelSequenceOptions, pixelSequences } from './pixel-sequence.ts';
export { RecordFile } from './record-file.ts';
export type { Batch, NdArray, Rows, Samples } from './samples.ts';
export type { ChannelStatistics, Scaling } from './scaling.ts';
export { repeat, split, subset } from './subset.ts';
export { type Whitening, whitened, type ZcaOptions, zca } from './zca.ts';
