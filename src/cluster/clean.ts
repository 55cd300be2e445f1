import { connect } from './redis-client.ts';
import { prefixOf, removeKeys, sweepPrefixOf } from './run-keys.ts';

/**
 * Removes all that a run, or a sweep of this name, has left on a server. @returns how many keys that were.
 *
 * @example
 * ```ts
 * const removed = await clean('redis://127.0.0.1:6379', 'my-run');
 * ```
 */
export async function clean(url: string, run: string): Promise<number> {
  const prefixes = [prefixOf(run), sweepPrefixOf(run)];
  const client = await connect(url);
  try {
    let count = 0;
    for (const prefix of prefixes) count += await removeKeys(client, prefix);
    return count;
  } finally {
    client.disconnect();
  }
}
