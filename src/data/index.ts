/** `unequal/data`: real data sets as samples. What reads files is for Node; the rest is for browsers as well. */
export { checkData, type DataReport, type GetOptions, getData, loadData, loadSamples } from './get.ts';
export { type ImageFolder, type ImageFolderOptions, imageFolder } from './image-folder.ts';
export { mnist } from './load.ts';
export type { NumberList } from './own/cell.ts';
export { withLabels } from './own/labels-file.ts';
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
export { RecordFile } from './record-file.ts';
export * from './web.ts';
