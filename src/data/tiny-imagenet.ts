import { join } from 'node:path';
import { type ImageFolder, type ImageFolderOptions, imageFolder } from './image-folder.ts';
import type { ImageSplits } from './images.ts';
import { readText } from './regular-file.ts';

/** Bytes of `words.txt`; the original has 2.5 million. */
const WORDS_LIMIT = 2 ** 24;

/**
 * Reads Tiny ImageNet in folders `train/<wnid>/` and `val/<wnid>/`; classes are named by the first word that `words.txt`
 * gives for each WordNet id.
 */
export async function readTinyImageNet(
  folder: string,
  options: Partial<ImageFolderOptions> = {},
): Promise<ImageSplits<ImageFolder>> {
  const names = new Map<string, string>();
  for (const line of (await readText(join(folder, 'words.txt'), WORDS_LIMIT)).split('\n')) {
    const [wnid, words] = line.split('\t');
    if (words !== undefined) names.set(wnid, words.split(',')[0].trim());
  }
  return imageFolder(folder, { size: [32, 32], className: (wnid) => names.get(wnid) ?? wnid, ...options });
}
