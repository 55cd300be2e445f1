import type { Redis } from 'ioredis';
import { fault, type UnequalError } from '../errors.ts';
import { Waiting } from './waiting.ts';

/** The address of a server as it may be shown: without user and password. */
export function shownUrl(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    if (isCutInPassword(url)) return 'an address that is no URL';
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  } catch {
    return 'an address that is no URL';
  }
}

/** Whether a password with a sign of its own, such as `/`, has made the rest of it, and the host, a path. */
function isCutInPassword(url: string): boolean {
  const { pathname, search, hash } = new URL(url);
  return `${pathname}${search}${hash}`.includes('@');
}

/** @throws UnequalError unless it is the URL of a server of the Redis protocol. */
export function checkUrl(url: unknown): string {
  const isUrl = typeof url === 'string' && URL.canParse(url) && !isCutInPassword(url);
  if (isUrl && ['redis:', 'rediss:'].includes(new URL(url).protocol)) return url;
  // What is no address may have user and password anywhere before its last @.
  const got = typeof url === 'string' ? url.replace(/^([a-z+]+:\/\/)?.*@/s, '$1***@') : url;
  throw fault({
    wrong: 'bad address of a Redis server',
    got,
    expected: 'redis://host:port, or rediss:// for TLS',
    mend:
      typeof url === 'string' && url.includes('@')
        ? 'write /, ?, #, @ and : in user and password as %2F, %3F, %23, %40 and %3A'
        : undefined,
  });
}

/** Milliseconds after which a server that says nothing is asked again. */
const patience = 4_000;
/** Milliseconds for which one that is not there is looked for: it may be starting, or starting again. */
const arrival = 3_000;

/**
 * Connects to a server of the Redis protocol (Redis ≥ 6.2, Valkey): TLS for `rediss:`, user and password from the URL. A
 * connection that is lost is made again; commands that wait for longer than a few seconds fail.
 *
 * @throws UnequalError if there is none for three seconds, or it refuses. No message has user or password in it.
 */
export async function connect(url: string): Promise<Redis> {
  checkUrl(url);
  const waiting = new Waiting(arrival);
  for (;;) {
    try {
      return await connectOnce(url);
    } catch (error) {
      if (!isAbsent(error as Error) || waiting.isOver()) throw serverFault(url, error as Error);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** Whether nobody answered, or whoever did went away, as a server does that is ended or starts. */
const isAbsent = (error: Error & { code?: string }): boolean =>
  ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code ?? '') ||
  /^(Connection is closed|LOADING )/.test(error.message);

async function connectOnce(url: string): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: patience,
    commandTimeout: patience,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(100 * times, 1_000),
    connectionName: 'unequal',
  });
  const send = client.sendCommand.bind(client);
  client.sendCommand = (...given) => {
    const answer = send(...given);
    // Before anyone else sees it: the server names the user who may not do something.
    if (answer instanceof Promise) answer.catch((error: Error) => hide(url, error));
    return answer;
  };
  let last: Error | undefined;
  client.on('error', (error: Error) => {
    last = error;
  });
  try {
    await client.connect();
    const info = await client.info('server');
    checkVersion(info, url);
  } catch (error) {
    client.disconnect();
    throw last ?? error;
  }
  return client;
}

function checkVersion(info: string, url: string): void {
  const [, version] = /^redis_version:([\d.]+)/m.exec(info) ?? [];
  const [major, minor] = (version ?? '99.0').split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 2)) return;
  throw fault({ wrong: `the server at ${shownUrl(url)} is too old`, got: version, expected: 'Redis 6.2 or newer' });
}

const named = (url: string) => `the Redis server at ${shownUrl(url)}`;

/** What the client says, without what it was told: a command may hold the password. */
function serverFault(url: string, error: Error): UnequalError {
  if (error.name === 'UnequalError') return error as UnequalError;
  const got = withoutSecrets(url, error.message);
  return fault({
    wrong: `${named(url)} cannot be used`,
    got,
    mend: 'check that it runs and that user and password are right',
  });
}

/** Takes user and password of the address out of an error, and the command, whose arguments may be these. */
function hide(url: string, error: Error): void {
  if (!(error instanceof Error)) return;
  // What the client says of it names no server.
  if (error.message === 'Command timed out') error.message = `${named(url)} has not answered for ${patience / 1_000} s`;
  error.message = withoutSecrets(url, error.message);
  error.stack = withoutSecrets(url, error.stack ?? '');
  delete (error as { command?: unknown }).command;
}

/** Shorter ones are parts of words, and are hidden in addresses alone. */
const shortest = 4;

function withoutSecrets(url: string, text: string): string {
  const { username, password } = new URL(url);
  let shown = text.replace(/(rediss?:\/\/)[^\s/]*@/g, '$1***@');
  for (const part of [password, username]) {
    for (const secret of [part, decoded(part)]) {
      if (secret.length >= shortest && secret !== 'default') shown = shown.replaceAll(secret, '***');
    }
  }
  return shown;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A percent sign that is one.
    return part;
  }
}
