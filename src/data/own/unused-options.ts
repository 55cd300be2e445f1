import { type Files, formatIfAny } from './files.ts';
import type { OwnDataOptions } from './options.ts';
import type { Preparation } from './preparation.ts';

/** Options that say nothing of tables like these, a line for each. */
export function unusedNotes(
  { delimiter, header, testShare, preparation }: OwnDataOptions,
  { files, isSplit }: { readonly files: readonly Files[]; readonly isSplit: boolean },
): string[] {
  const isCsv = files.some((one) => one.files.some((file) => formatIfAny(file) === 'csv'));
  // With a preparation, the share may be that of the data before.
  const share = isSplit && preparation === undefined ? testShare : undefined;
  return [
    ...(delimiter === undefined || isCsv ? [] : ['--delimiter (delimiter) is not used: no file is CSV']),
    ...(header === undefined || isCsv ? [] : [`--${header ? '' : 'no-'}header (header) is not used: no file is CSV`]),
    ...(share === undefined ? [] : ['--test-share (testShare) is not used: there is a test part']),
  ];
}

/** Says of a size that was asked for that it is not that of the pictures. */
export function sizeNotes(size: OwnDataOptions['size'], preparation: Preparation): string[] {
  if (size === undefined || preparation.format === 'pictures') return [];
  const { picture } = preparation;
  if (picture === undefined) return ['--size is not used: no column holds pictures'];
  const own = [picture.height, picture.width];
  return own.join() === size.join() ? [] : [`--size is not used: the model has pictures of ${own.join(' × ')}`];
}
