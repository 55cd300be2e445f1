import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault } from '../errors.ts';
import { type Checks, checkedOptions, integer, text, when } from '../options.ts';
import { connect } from './redis-client.ts';
import { Waiting } from './waiting.ts';

/** A server of our own, that ends with this process. */
export interface LocalServer {
  /** With a password made for it; see `shownUrl`. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface LocalServerOptions {
  /** The program. Default: `redis-server`, or `valkey-server`, whichever is on the path. */
  readonly program?: string;
  /** Bytes it may hold at most. Default: no limit. */
  readonly maxMemory?: number;
  /** Where it keeps its data through a crash; nowhere by default. */
  readonly folder?: string;
  /** Default: a free one. */
  readonly port?: number;
  readonly password?: string;
}

const checks: Checks<LocalServerOptions> = {
  program: text,
  maxMemory: integer(1),
  folder: text,
  port: integer(1),
  password: when((value) => typeof value === 'string' && /^[^\s"\\]+$/.test(value), 'letters without blanks or quotes'),
};

/**
 * Starts a Redis server on a free port of the loopback interface, with a password of its own. Nothing but this machine can
 * reach it, and it ends when this process does, however that happens.
 *
 * @throws UnequalError if there is none on the path, with how to get one.
 *
 * @example
 * ```ts
 * const server = await startServer();
 * console.log(server.url, server.pid);
 * ```
 */
export async function startServer(options: LocalServerOptions = {}): Promise<LocalServer> {
  options = checkedOptions('startServer', options, checks);
  const programs = options.program === undefined ? ['redis-server', 'valkey-server'] : [options.program];
  for (const program of programs) {
    for (let tries = 0; tries < 5; tries++) {
      const started = await start(program, options);
      if (started === 'missing') break;
      if (started !== 'taken') return started;
    }
  }
  throw fault({
    wrong: 'no Redis server to use',
    got: `no ${programs.join(' and no ')} on the path`,
    expected: 'a server of the Redis protocol',
    mend: 'install one (apt-get install redis-server, brew install redis), or give the url of one that runs',
  });
}

async function start(program: string, options: LocalServerOptions): Promise<LocalServer | 'missing' | 'taken'> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'unequal-redis-')));
  const password = options.password ?? randomBytes(16).toString('hex');
  const port = options.port ?? (await freePort());
  const config = [
    ...['bind 127.0.0.1', `port ${port}`, `requirepass ${password}`, `dir ${JSON.stringify(folder)}`, 'save ""'],
    ...['daemonize no', `appendonly ${options.folder === undefined ? 'no' : 'yes'}`, 'appendfsync everysec'],
    ...(options.maxMemory === undefined ? [] : [`maxmemory ${options.maxMemory}`, 'maxmemory-policy noeviction']),
  ];
  const file = join(folder, 'redis.conf');
  // Not as arguments: those are for everyone to see.
  await writeFile(file, `${config.join('\n')}\n`, { mode: 0o600 });
  // The shell waits for the end of its input, which comes when this process ends, and takes the server with it.
  const script = '"$0" "$1" >/dev/null 2>&1 & server=$!; echo $server; (cat >/dev/null; kill $server) & wait $server';
  const child = spawn('sh', ['-c', `exec 3<&0; ${script.replace('(cat ', '(cat <&3 ')}`, program, file], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  child.unref();
  const remove = () => (options.folder === undefined ? rm(folder, { recursive: true, force: true }) : undefined);
  const pid = await firstLine(child);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const answer = await Promise.race([waitForAnswer(url), ended.then((code) => code ?? 1)]);
  if (answer !== 'ready') {
    await remove();
    if (answer === 127) return 'missing';
    return 'taken';
  }
  refPipes(child, false);
  const stop = async () => {
    // Whoever waits for the end of it must not end before.
    child.ref();
    refPipes(child, true);
    child.stdin?.end();
    await ended;
    await remove();
  };
  return { url, pid, stop };
}

/** Whether its pipes keep this process alive, which may have nothing else to do. */
function refPipes({ stdin, stdout }: ChildProcess, keeps: boolean): void {
  for (const stream of [stdin, stdout]) {
    const pipe = stream as unknown as { ref?(): void; unref?(): void } | null;
    if (keeps) pipe?.ref?.();
    else pipe?.unref?.();
  }
}

function firstLine(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (part) => {
      text += part;
      if (text.includes('\n')) resolve(Number(text.split('\n')[0]));
    });
    child.on('close', () => resolve(0));
  });
}

async function waitForAnswer(url: string): Promise<'ready' | number> {
  const waiting = new Waiting(10_000);
  for (;;) {
    try {
      (await connect(url)).disconnect();
      return 'ready';
    } catch (error) {
      if (waiting.isOver()) throw error;
      await sleep(20);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
