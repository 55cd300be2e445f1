/**
 * Real data sets as samples. What reads files is for Node; the rest is for browsers as well.
 *
 * @module unequal/data
 */

export type { CifarOptions } from './cifar.ts';
export type { ImageLoadOptions } from './get.ts';
export { checkData, type DataReport, type GetOptions, getData, loadData, loadSamples } from './get.ts';
export { type ImageFolder, type ImageFolderOptions, imageFolder } from './image-folder.ts';
export { mnist } from './load.ts';
export type { ScalingOptions } from './normalize.ts';
export type { NumberList } from './own/cell.ts';
export type { CategoryCode } from './own/codings/category.ts';
export type { Code, Kind } from './own/codings/index.ts';
export type { ListCode } from './own/codings/list.ts';
export type { NumberCode } from './own/codings/number.ts';
export type { TextCode, TokensCode } from './own/codings/text.ts';
export type { FileRow } from './own/file-rows.ts';
export { type SplitSamples, withLabels } from './own/labels-file.ts';
export type { ColumnKind, OwnDataOptions } from './own/options.ts';
export { type OwnData, ownData } from './own/own-data.ts';
export type { PictureData } from './own/picture-data.ts';
export type {
  Drawn,
  PicturePreparation,
  PictureShape,
  Preparation,
  PreparedColumn,
  TablePreparation,
  Target,
  Task,
} from './own/preparation.ts';
export type { RowStore } from './own/row-store.ts';
export type { Reader } from './own/samples-of.ts';
export * from './own/samples-of.ts';
export type { TableData } from './own/table-data.ts';
export type { TableSamplesInit } from './own/table-samples.ts';
export { type ShapedSamples, TableSamples } from './own/table-samples.ts';
export { type PooledOptions, type PooledSamples, pooled } from './pooled.ts';
export type { OnProgress, Progress } from './progress.ts';
export type { RecordFileInit } from './record-file.ts';
export { RecordFile } from './record-file.ts';
export type { SpamOptions } from './spam-assassin.ts';
export * from './web.ts';
