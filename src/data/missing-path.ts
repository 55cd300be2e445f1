import { fault, type UnequalError } from '../errors.ts';
import { nearestName } from '../nearest.ts';
import { listFolder } from './regular-file.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { basename, dirname, join } = process.getBuiltinModule('node:path');

/** The error for a path where nothing is, with the nearest name that is beside it. `kind` says what was looked for. */
export async function missingPath(path: string, kind: string, expected: string): Promise<UnequalError> {
  const folder = dirname(path);
  const beside = await listFolder(folder).catch(() => []);
  const nearest = nearestName(
    basename(path),
    beside.map(({ name }) => name),
  );
  return fault({
    wrong: `there is no ${kind} ${path}`,
    expected,
    mend: nearest === undefined ? undefined : `did you mean ${join(folder, nearest)}?`,
  });
}
