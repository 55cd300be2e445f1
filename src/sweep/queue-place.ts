import type { Redis } from 'ioredis';
import { connect, shownUrl } from '../cluster/redis-client.ts';
import { sweepPrefixOf } from '../cluster/run-keys.ts';

/** BullMQ's keys of a sweep. */
export const queueOf = (name: string) => ({ queue: 'runs', prefix: sweepPrefixOf(name).slice(0, -1) });

/**
 * A connection without a limit of time: BullMQ waits at the server for as long as there is nothing to do.
 * @param say is told when the server goes away, and when it is back.
 */
export async function queueConnection(url: string, say: (words: string) => void): Promise<Redis> {
  const client = await connect(url);
  client.options.commandTimeout = undefined;
  let away = false;
  client.on('reconnecting', () => {
    if (!away) say(`the server at ${shownUrl(url)} has gone away: it is waited for`);
    away = true;
  });
  client.on('ready', () => {
    if (away) say(`the server at ${shownUrl(url)} is back`);
    away = false;
  });
  return client;
}

/** Waits for what needs the server, as long as that is there. */
export async function whileThere(client: Redis, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const gone = new Promise<void>((resolve) => {
    timer = setInterval(() => client.status !== 'ready' && resolve(), 200);
  });
  await Promise.race([work, gone]).catch(() => {});
  clearInterval(timer);
}
