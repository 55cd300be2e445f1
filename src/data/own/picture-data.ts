import { join } from 'node:path';
import { fault } from '../../errors.ts';
import { greatest } from '../../extent.ts';
import { classFolders, isPictureName, isUnreadable, pictures, subfolders } from '../class-folders.ts';
import { decodeImage, noPicture } from '../decode-image.ts';
import { ImageFolder } from '../image-folder.ts';
import type { LabelledImages } from '../images.ts';
import { listFolder } from '../regular-file.ts';
import { loadSharp } from '../sharp.ts';
import { split } from '../subset.ts';
import type { OwnDataOptions } from './options.ts';
import type { PicturePreparation, PictureShape } from './preparation.ts';
import { Broken } from './table.ts';
import { classesNote } from './target.ts';
import { tooFew } from './test-rows.ts';

/** A folder of pictures as samples, how it was prepared, and what there is to be said of it. */
export interface PictureData {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  readonly preparation: PicturePreparation;
  readonly notes: readonly string[];
  /** Pictures that could not be read, with `skipBroken`. */
  readonly skipped: readonly string[];
}

/** Pictures are looked at before their size is chosen, evenly spread; decoding them all would take as long as an epoch. */
const LOOKED_AT = 64;
const LARGEST_OWN = 96;
const DEFAULT_SIDE = 64;

/** A folder with a folder of pictures for each class, or with `train` and `test` (or `val`) folders of such. */
export async function pictureData(folder: string, options: OwnDataOptions): Promise<PictureData> {
  for (const name of ['target', 'task', 'as', 'delimiter', 'header'] as const) {
    if (options[name] === undefined) continue;
    throw fault({ wrong: `${name} does not go with a folder of pictures`, mend: 'leave it out' });
  }
  const broken = new Broken(options.skipBroken);
  const notes: string[] = [];
  const parts = (await subfolders(folder)).map(({ name }) => name);
  const other = ['test', 'val', 'validation'].find((part) => parts.includes(part));
  const isSplit = parts.includes('train') && other !== undefined;
  const first = await listed(isSplit ? join(folder, 'train') : folder, broken);
  const second = isSplit ? await listed(join(folder, other), broken, first.classNames) : undefined;
  if (second !== undefined && second.classNames.join('\0') !== first.classNames.join('\0')) {
    const missing = first.classNames.find((name) => !second.classNames.includes(name));
    throw fault({
      wrong: `the classes of ${folder} differ between its parts`,
      got: missing === undefined ? `more in ${other}` : `no ${missing} in ${other}`,
      expected: `the ${first.classNames.length} of train`,
    });
  }
  const read = isSplit ? ['train', other as string] : [];
  for (const note of await besideNotes(folder, isSplit ? read : first.classNames)) notes.push(note);
  for (const part of read) for (const note of await besideNotes(join(folder, part), first.classNames)) notes.push(note);
  const shape = await shapeOf(first.files, options, broken);
  if (options.skipBroken) for (const part of second ? [first, second] : [first]) await sift(part, shape, broken);
  const size = [shape.height, shape.width] as const;
  const make = ({ files, labels, classNames }: Listed) =>
    ImageFolder.of(folder, classNames, files, Uint16Array.from(labels), { size, channels: shape.channels });
  const all = make(first);
  const { seed = 1, testShare = 0.2 } = options;
  if (second === undefined && [0, all.length].includes(Math.round((1 - testShare) * all.length))) {
    throw tooFew(folder, all.length, 'picture', 'put them into folders train and test');
  }
  const [train, test] = second === undefined ? split(all, 1 - testShare, seed) : [all, make(second)];
  const drawn = second === undefined ? { seed, testShare } : undefined;
  if (second !== undefined && options.testShare !== undefined) {
    notes.push('--test-share (testShare) is not used: there is a test part');
  }
  notes.push(
    classesNote(first.classNames),
    `pictures: ${shape.height} × ${shape.width}, ${shape.channels === 1 ? 'gray' : 'colour'} (--size says another)`,
    `${train.length} training and ${test.length} test pictures${drawn ? `, drawn with seed ${seed}` : ''}`,
  );
  const preparation: PicturePreparation = {
    format: 'pictures',
    version: 1,
    target: { columns: ['class'], task: 'classification', classNames: first.classNames },
    inputShape: [shape.height, shape.width, shape.channels],
    ...(drawn && { drawn }),
  };
  const skipped = [...broken.skipped].map(([path, why]) => `${path}: ${why}`);
  return { train, test, preparation, notes, skipped };
}

/** What lies beside the folders that are read, and may have been meant to be. */
async function besideNotes(folder: string, read: readonly string[]): Promise<string[]> {
  const beside = (await listFolder(folder)).filter(
    ({ name, kind }) => !read.includes(name) && (kind === 'a folder' || isPictureName(name) || isUnreadable(name)),
  );
  if (beside.length === 0) return [];
  const shown = beside.slice(0, 5).map(({ name }) => name);
  return [
    `left out of ${folder}, beside the folders of classes: ${shown.join(', ')}${beside.length > 5 ? `, … ${beside.length} in all` : ''}`,
  ];
}

interface Listed {
  readonly classNames: readonly string[];
  files: string[];
  labels: number[];
}

/**
 * The pictures of each class. Where what is broken is skipped, a class without any is none.
 * @param known the classes of the other part: one without pictures here stays one of them.
 */
async function listed(folder: string, broken: Broken, known?: readonly string[]): Promise<Listed> {
  const found: { name: string; files: readonly string[] }[] = [];
  const leftOut = broken.skip ? (path: string, what: string) => broken.report(path, what) : undefined;
  const folders = await classFolders(folder);
  const isOne = folders.length < 2;
  for (const { path, name } of isOne ? [] : folders) {
    const files = await pictures(path, leftOut);
    if (files.length === 0) broken.report(path, 'a class without pictures');
    else found.push({ name, files });
  }
  const among = known && broken.skip && found.every(({ name }) => known.includes(name)) ? known : undefined;
  if (found.length < (among ? 1 : 2)) {
    const [one] = isOne ? folders : found;
    throw fault({
      wrong: `${folder} has no classes to tell apart`,
      got:
        one === undefined
          ? isOne
            ? 'no folders in it'
            : 'no pictures in its folders'
          : `the folder ${one.name} alone`,
      expected: 'a folder of pictures for each class',
    });
  }
  const classNames = among ?? found.map(({ name }) => name);
  const labels = found.flatMap(({ name, files }) => files.map(() => classNames.indexOf(name)));
  return { classNames, files: found.flatMap(({ files }) => files), labels };
}

/** The size and the channels that the pictures are given: as told, or their own. */
export async function shapeOf(
  files: readonly string[],
  { size, channels }: Pick<OwnDataOptions, 'size' | 'channels'>,
  broken: Broken,
): Promise<PictureShape> {
  const n = Math.min(LOOKED_AT, files.length);
  const seen = new Set<string>();
  let gray = true;
  let own: readonly [number, number] = [DEFAULT_SIDE, DEFAULT_SIDE];
  for (let k = 0; k < n && (size === undefined || channels === undefined); k++) {
    const file = files[Math.floor((k * files.length) / n)];
    try {
      const other = noPicture(file);
      if (other !== undefined) {
        broken.report(file, other);
        continue;
      }
      const { autoOrient, channels: count, space } = await (await loadSharp())(file).metadata();
      const { width, height } = autoOrient;
      seen.add(`${height}×${width}`);
      own = [height, width];
      gray &&= count <= 2 || space === 'b-w';
    } catch (error) {
      broken.report(file, (error as Error).message);
    }
  }
  const alike = seen.size === 1 && greatest(own) <= LARGEST_OWN;
  const [height, width] = size ?? (alike ? own : [DEFAULT_SIDE, DEFAULT_SIDE]);
  return { height, width, channels: channels ?? (gray ? 1 : 3) };
}

/** Decodes every picture once and leaves out those that cannot be. */
async function sift(part: Listed, shape: PictureShape, broken: Broken): Promise<void> {
  const good = new Uint8Array(part.files.length);
  let next = 0;
  const worker = async () => {
    while (next < part.files.length) {
      const k = next++;
      try {
        await decodeImage(part.files[k], shape);
        good[k] = 1;
      } catch (error) {
        broken.report(part.files[k], (error as Error).message);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  part.labels = part.labels.filter((_, k) => good[k]);
  part.files = part.files.filter((_, k) => good[k]);
}
