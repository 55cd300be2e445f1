import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fault } from '../errors.ts';
import { makeFolder } from '../whole-file.ts';

/**
 * Does something in the folder of `--out`, or in a new one where that is not given: runs/race-2026-01-31-142500, or the same
 * with a number where that is taken. It is made here, so that no two processes of one second have the same; where nothing
 * comes of it, none is left.
 */
export async function inFolder<T>(
  out: string | undefined,
  command: string,
  work: (path: string) => Promise<T>,
): Promise<T> {
  if (out !== undefined) return work(out);
  const path = await newFolder(command, new Date());
  try {
    return await work(path);
  } catch (error) {
    // A folder that holds something stays.
    await rmdir(path).catch(() => {});
    throw error;
  }
}

async function newFolder(command: string, now: Date): Promise<string> {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const path = join('runs', `${command}-${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`);
  for (let k = 1; ; k++) {
    const candidate = k === 1 ? path : `${path}-${k}`;
    try {
      await makeFolder(dirname(candidate));
      await mkdir(candidate);
      return candidate;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
      const got = (cause as Error).message;
      throw fault({ wrong: `the run folder ${candidate} cannot be made`, got, mend: 'give --out a folder', cause });
    }
  }
}
