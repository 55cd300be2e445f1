/** `unequal/data`: real data sets as samples. What reads files is for Node; the rest is for browsers as well. */
export { checkData, type DataReport, type GetOptions, getData, loadData, loadSamples } from './get.ts';
export { type ImageFolder, type ImageFolderOptions, imageFolder } from './image-folder.ts';
export { mnist } from './load.ts';
export { RecordFile } from './record-file.ts';
export * from './web.ts';
