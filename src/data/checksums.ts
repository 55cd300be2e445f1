import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { fault } from '../errors.ts';
import { writeWhole } from '../whole-file.ts';
import type { OnProgress } from './progress.ts';
import { openRegular, readText } from './regular-file.ts';

/** The list of checksums in every folder of the cache, in the format of `sha256sum`. */
export const SUMS = 'SHA256SUMS';

/** Bytes of that list: some hundred thousand files. */
const SUMS_LIMIT = 2 ** 26;

/** The SHA-256 of a file, in hexadecimal. */
export async function sha256(file: string, onProgress?: OnProgress): Promise<string> {
  const hash = createHash('sha256');
  const { handle, size: total } = await openRegular(file);
  let done = 0;
  for await (const chunk of handle.createReadStream({ highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    done += chunk.length;
    onProgress?.({ phase: 'check', item: basename(file), done, total });
  }
  return hash.digest('hex');
}

/** Writes the checksums of all files in `folder`. */
export async function writeSums(folder: string, name = basename(folder), onProgress?: OnProgress): Promise<void> {
  const files = await filesIn(folder);
  const lines: string[] = [];
  for (const file of files) {
    lines.push(`${await sha256(join(folder, file))}  ${file}\n`);
    onProgress?.({ phase: 'check', item: name, done: lines.length, total: files.length });
  }
  await writeWhole(join(folder, SUMS), lines.join(''));
}

/**
 * Compares every file in `folder` with its checksum and gives their number.
 *
 * @throws UnequalError that names the first file that is missing, changed, or not in the list.
 */
export async function checkSums(folder: string, onProgress?: OnProgress): Promise<number> {
  const mend = `delete ${folder} and get it again`;
  const sums = join(folder, SUMS);
  if (!existsSync(sums)) {
    throw fault({ wrong: `${folder} is not a finished data folder`, got: `no ${SUMS}`, expected: 'one', mend });
  }
  const listed = new Map<string, string>();
  for (const [i, line] of (await readText(sums, SUMS_LIMIT)).trimEnd().split('\n').entries()) {
    const match = /^([0-9a-f]{64}) {2}(.+)$/.exec(line);
    if (match === null || match[2].startsWith('/') || match[2].split('/').includes('..')) {
      throw fault({ wrong: `Line ${i + 1} of ${sums} is damaged`, got: line.slice(0, 200), mend });
    }
    listed.set(match[2], match[1]);
  }
  const present = new Set(await filesIn(folder));
  for (const file of present) {
    if (!listed.has(file)) throw fault({ wrong: `${join(folder, file)} does not belong there`, mend });
  }
  return checkFiles(folder, listed, onProgress);
}

/**
 * Compares the files of `folder` that `sums` names with their SHA-256 and gives their number.
 *
 * @throws UnequalError that names the first file that is missing or has another content.
 */
export async function checkFiles(
  folder: string,
  sums: ReadonlyMap<string, string>,
  onProgress?: OnProgress,
): Promise<number> {
  const mend = `delete ${folder} and get it again`;
  let done = 0;
  for (const [file, expected] of sums) {
    const path = join(folder, file);
    if (!existsSync(path)) throw fault({ wrong: `${path} is missing`, expected: `SHA-256 ${expected}`, mend });
    const got = await sha256(path);
    if (got !== expected) {
      const { size } = await stat(path);
      throw fault({
        wrong: `${path} has not the content it should have`,
        got: `${size} bytes with SHA-256 ${got}`,
        expected,
        mend,
      });
    }
    done++;
    onProgress?.({ phase: 'check', item: basename(folder), done, total: sums.size });
  }
  return sums.size;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => file !== SUMS)
    .sort();
}
