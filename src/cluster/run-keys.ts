/** The keys that runs and sweeps have on a server. */
import type { Redis } from 'ioredis';
import { fault } from '../errors.ts';

/** All keys of a run begin so; the braces keep them on one machine of a Redis Cluster. */
export function prefixOf(run: string): string {
  if (typeof run !== 'string' || !/^[\w.-]{1,64}$/.test(run)) {
    throw fault({ wrong: 'bad name of a run', got: run, expected: '1 to 64 letters, digits, dots, dashes' });
  }
  return `unequal:{${run}}:`;
}

/** All keys of a sweep begin so, and none of a run does: a run that begins removes what begins as its own. */
export const sweepPrefixOf = (name: string): string => prefixOf(name).replace(':', ':sweeps:');

/** Removes all keys that begin with the prefix, except these. @returns how many. */
export async function removeKeys(client: Redis, prefix: string, except: readonly string[] = []): Promise<number> {
  let [cursor, count] = ['0', 0];
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', `${prefix.replace(/[[\]?*\\]/g, '\\$&')}*`, 'COUNT', 500);
    cursor = next;
    const all = keys.filter((key) => !except.some((name) => key === prefix + name));
    if (all.length > 0) count += await client.unlink(...all);
  } while (cursor !== '0');
  return count;
}
