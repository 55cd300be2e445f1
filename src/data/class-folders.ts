import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { fault } from '../errors.ts';
import { type FolderEntry, listFolder } from './regular-file.ts';

const EXTENSIONS = /\.(jpe?g|jfif|png|webp|gif|tiff?|avif)$/i;
/** Pictures that are not read; leaving them out would change a set without a word. */
const UNREADABLE = /\.(bmp|hei[cf]|jp2|jxl|svg|p[bgpn]m|tga|psd|ico)$/i;

/** Whether a file is called as a picture that is read. */
export const isPictureName = (name: string): boolean => EXTENSIONS.test(name);
/** Whether a file is called as a picture that is not read. */
export const isUnreadable = (name: string): boolean => UNREADABLE.test(name);

const MOST_CLASSES = 2 ** 16;

/** The folders in a folder. A link that leads nowhere may have been one, and without it the labels would shift. */
export async function subfolders(folder: string): Promise<FolderEntry[]> {
  const entries = await listFolder(folder);
  const broken = entries.find(({ kind }) => kind.startsWith('a link'));
  if (broken !== undefined) {
    throw fault({ wrong: `${broken.path} cannot be read`, got: broken.kind, expected: 'a folder', mend: 'remove it' });
  }
  return entries.filter(({ kind }) => kind === 'a folder');
}

/** {@link subfolders}, of which none is another or holds another. */
export async function classFolders(folder: string): Promise<FolderEntry[]> {
  const folders = await subfolders(folder);
  if (folders.length > MOST_CLASSES) {
    throw fault({ wrong: `${folder} has too many classes`, got: folders.length, expected: `at most ${MOST_CLASSES}` });
  }
  const root = await realpath(folder);
  const seen = new Map<string, string>();
  for (const { path } of folders) {
    const real = await realpath(path);
    const other = `${root}${sep}`.startsWith(`${real}${sep}`) ? folder : seen.get(real);
    if (other !== undefined) {
      throw fault({ wrong: `${path} is a link that leads back`, got: real, expected: `another folder than ${other}` });
    }
    seen.set(real, path);
  }
  return folders;
}

/** The paths of the pictures in the folder of a class. With `leftOut`, what is none is told to it and no error, and there may be no pictures. */
export async function pictures(folder: string, leftOut?: (path: string, what: string) => void): Promise<string[]> {
  const entries = await listFolder(folder);
  const images = entries.filter(({ name }) => EXTENSIONS.test(name));
  if (images.length === 0 && leftOut === undefined) {
    throw fault({
      wrong: `${folder} holds no images`,
      got: entries.length === 0 ? 'an empty folder' : entries.slice(0, 3).map(({ name }) => name),
      expected: 'JPEG, PNG, WebP, GIF, TIFF or AVIF',
      mend: 'put some into it, or remove it',
    });
  }
  const odd = (entry: FolderEntry) => entry.kind === 'a folder' || UNREADABLE.test(entry.name);
  if (leftOut !== undefined) {
    const wrong = (entry: FolderEntry) => (EXTENSIONS.test(entry.name) ? entry.kind !== 'a file' : odd(entry));
    for (const { path, kind } of entries.filter(wrong)) leftOut(path, kind);
    return images.filter(({ kind }) => kind === 'a file').map(({ path }) => path);
  }
  const first = images.find(({ kind }) => kind !== 'a file') ?? entries.find(odd);
  if (first !== undefined) {
    throw fault({
      wrong: `${first.path} would be left out`,
      got: first.kind,
      expected: 'files in JPEG, PNG, WebP, GIF, TIFF or AVIF',
      mend: 'convert, move or remove it',
    });
  }
  return images.map(({ path }) => path);
}
