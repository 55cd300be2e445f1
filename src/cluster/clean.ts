import { connect } from './redis-client.ts';
import { prefixOf, removeKeys } from './redis-store.ts';

/** Removes all that a run has left on a server. @returns how many keys that were. */
export async function clean(url: string, run: string): Promise<number> {
  const prefix = prefixOf(run);
  const client = await connect(url);
  try {
    return await removeKeys(client, prefix);
  } finally {
    client.disconnect();
  }
}
