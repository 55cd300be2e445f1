import { checkUrl } from '../cluster/redis-client.ts';
import { fault } from '../errors.ts';
import { wordOption } from './arguments.ts';

export const redisOption = () =>
  wordOption('--redis <url>', 'server: redis://…, or rediss:// for TLS (default: what UNEQUAL_REDIS says)');
export const runOption = () => wordOption('--run <name>', 'name of the run on the server');

/**
 * The server of `--redis` or of `UNEQUAL_REDIS`. What the process list shows of this process loses its arguments: they may
 * hold a password.
 * @throws UnequalError for none, or what is no address of one.
 */
export function requiredServer(given: string | undefined): string {
  const url = serverOf(given);
  if (url !== undefined) return url;
  throw fault({
    wrong: 'no server is given',
    expected: '--redis URL, or UNEQUAL_REDIS',
    mend: 'apt-get install redis-server gives one; redis-server starts it at redis://127.0.0.1:6379',
  });
}

export const clusterOption = () =>
  wordOption('--cluster <url>', 'train together with all that run this command: the server where they meet');

/** Likewise, where there need not be one. */
export function serverOf(given: string | undefined): string | undefined {
  if (given !== undefined) process.title = 'unequal';
  const url = given ?? process.env.UNEQUAL_REDIS;
  return url === undefined ? undefined : checkUrl(url);
}
