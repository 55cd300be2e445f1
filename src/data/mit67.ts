import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fault } from '../errors.ts';
import { counted } from '../plural.ts';
import type { OnProgress } from './progress.ts';
import { readText, sizeOfRegular } from './regular-file.ts';

export interface Mit67List {
  readonly part: 'train' | 'test';
  readonly list: string;
  readonly images: number;
}

/** The official lists and how many images each names, 80 and 20 of each of the 67 classes. */
const LISTS: readonly Mit67List[] = [
  { part: 'train', list: 'TrainImages.txt', images: 5360 },
  { part: 'test', list: 'TestImages.txt', images: 1340 },
];

const CLASSES = 67;
/** Bytes of a list. */
const LIST_LIMIT = 2 ** 20;

/** What of the archive is needed: the images in any folder, and the lists where they are in it. */
export const MIT67_MEMBERS = /^(.+\/)?(Images\/[^/]+\/[^/]+\.(jpe?g|png|gif)|(Train|Test)Images\.txt)$/i;

/**
 * Turns MIT Indoor Scenes as it is distributed (`Images/<class>/*.jpg`, and two lists of `<class>/<file>` lines) into
 * folders of the images that the lists name, `train/<class>/` and `test/<class>/`.
 *
 * Reference: Quattoni & Torralba, Recognizing Indoor Scenes, CVPR 2009.
 *
 * @param from a folder that holds `Images` and the lists; of an archive without the lists, they may lie beside it.
 * @param beside where else the lists may be.
 * @param lists others than the official ones, for a test.
 * @throws UnequalError with the list and the line where something is missing, doubled or malformed.
 */
export async function convertMit67(
  from: string,
  to: string,
  onProgress?: OnProgress,
  beside = dirname(from),
  lists: readonly Mit67List[] = LISTS,
): Promise<void> {
  const root = ['.', 'indoorCVPR_09'].map((name) => join(from, name)).find(hasImages);
  if (root === undefined) {
    throw fault({ wrong: `${from} is not the folder of MIT67`, got: 'no folder Images in it', expected: 'one' });
  }
  const seen = new Map<string, string>();
  for (const { part, list, images } of lists) {
    const file = [root, from, beside].map((folder) => join(folder, list)).find((path) => existsSync(path));
    if (file === undefined) {
      throw fault({ wrong: `${list} is missing`, got: `none in ${from} nor ${beside}`, expected: 'the official list' });
    }
    const names = await readList(file, images);
    for (const [k, name] of names.entries()) {
      const at = `line ${k + 1} of ${file}`;
      const before = seen.get(name);
      if (before !== undefined) throw fault({ wrong: `${name} is listed twice`, got: `${before} and ${at}` });
      seen.set(name, at);
      const source = join(root, 'Images', name);
      if (!existsSync(source)) throw fault({ wrong: `${source} is missing`, expected: `it, as ${at} names it` });
      await sizeOfRegular(source);
      await mkdir(dirname(join(to, part, name)), { recursive: true });
      await copyFile(source, join(to, part, name));
      onProgress?.({ phase: 'convert', item: list, done: k + 1, total: images });
    }
    const classes = new Set(names.map((name) => name.split('/')[0])).size;
    if (classes !== CLASSES)
      throw fault({
        wrong: `${file} is not the official list`,
        got: counted(classes, 'class', 'classes'),
        expected: `${CLASSES}`,
      });
  }
}

const hasImages = (folder: string) => existsSync(join(folder, 'Images'));

async function readList(file: string, images: number): Promise<string[]> {
  const names = (await readText(file, LIST_LIMIT))
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
  const wrong = names.findIndex(
    (name) => !/^[^/\\\0]+\/[^/\\\0]+$/.test(name) || name.split('/').some((part) => /^\.+$/.test(part)),
  );
  if (wrong >= 0) {
    throw fault({ wrong: `Line ${wrong + 1} of ${file} is malformed`, got: names[wrong], expected: '<class>/<file>' });
  }
  if (names.length !== images) {
    throw fault({
      wrong: `${file} is not the official list`,
      got: counted(names.length, 'image'),
      expected: `${images}`,
    });
  }
  return names;
}
