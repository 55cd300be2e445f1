import { connect } from './redis-client.ts';
import { prefixOf, removeKeys } from './redis-store.ts';

/**
 * Removes all that a run has left on a server. @returns how many keys that were.
 *
 * @example
 * ```ts
 * const removed = await clean('redis://127.0.0.1:6379', 'my-run');
 * ```
 */
export async function clean(url: string, run: string): Promise<number> {
  const prefix = prefixOf(run);
  const client = await connect(url);
  try {
    return await removeKeys(client, prefix);
  } finally {
    client.disconnect();
  }
}
