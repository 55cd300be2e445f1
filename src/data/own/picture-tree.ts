import { realpath } from 'node:fs/promises';
import { fault } from '../../errors.ts';
import { isPictureName, isUnreadable } from '../class-folders.ts';
import { listFolder } from '../regular-file.ts';
import type { Broken } from './table.ts';

/**
 * The pictures in a folder and in all folders in it, in the order of their names, each with the names of the folders that
 * it is in. What may have been a picture and is not read is an error, or is told to `broken` where that is to be skipped.
 */
export async function* picturesUnder(
  folder: string,
  broken: Broken,
  inside: readonly string[] = [],
  above: readonly string[] = [],
): AsyncGenerator<{ readonly file: string; readonly inside: readonly string[] }> {
  const real = await realpath(folder);
  if (above.includes(real)) return leftOut(folder, 'a link that leads back', broken);
  const entries = await listFolder(folder);
  for (const { path, kind, name } of entries) {
    if (kind === 'a file' && isPictureName(name)) yield { file: path, inside };
    else if (kind !== 'a folder' && (kind !== 'a file' || isUnreadable(name))) leftOut(path, kind, broken);
  }
  for (const { path, kind, name } of entries) {
    if (kind === 'a folder') yield* picturesUnder(path, broken, [...inside, name], [...above, real]);
  }
}

function leftOut(path: string, got: string, broken: Broken): void {
  if (broken.skip) {
    broken.report(path, `${got} that is not read`);
    return;
  }
  throw fault({
    wrong: `${path} would be left out`,
    got,
    expected: 'files in JPEG, PNG, WebP, GIF, TIFF or AVIF, and folders of them',
    mend: 'convert, move or remove it, or give --skip-broken (skipBroken: true)',
  });
}
