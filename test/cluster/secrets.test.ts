/** TLS, and that user and password are shown nowhere. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clean, dataParallel, distributedImportance, scoringWorker } from '../../src/cluster/index.ts';
import { checkUrl, connect, shownUrl } from '../../src/cluster/redis-client.ts';
import { RedisStore } from '../../src/cluster/redis-store.ts';
import { startServer } from '../../src/cluster/server.ts';
import { fit } from '../../src/fit/fit.ts';
import { tinyModel, tinySamples } from './small.ts';

const run = promisify(execFile);
let folder: string;
let port: number;
let server: ReturnType<typeof spawn>;
const [user, password] = ['hemmelig-bruker', 'p%C3%A5ss/ord!'];
const secrets = [user, password, decodeURIComponent(password), encodeURIComponent('påss/ord!')];

beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'unequal-tls-'));
  const at = (name: string) => join(folder, name);
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', at('key.pem'), '-out', at('cert.pem')],
  ]);
  port = 20_000 + (process.pid % 30_000);
  const lines = [
    ...['bind 127.0.0.1', 'port 0', `tls-port ${port}`, 'tls-auth-clients no', 'save ""', `dir "${folder}"`],
    ...[`tls-cert-file "${at('cert.pem')}"`, `tls-key-file "${at('key.pem')}"`, `tls-ca-cert-file "${at('cert.pem')}"`],
    ...['user default off', `user ${user} on >${decodeURIComponent(password)} ~unequal:* +@all`],
  ];
  await writeFile(at('redis.conf'), lines.join('\n'), { mode: 0o600 });
  server = spawn('redis-server', [at('redis.conf')], { stdio: 'ignore' });
  await sleep(500);
}, 60_000);
afterAll(async () => {
  server.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const address = (name = user, word = encodeURIComponent(decodeURIComponent(password)), scheme = 'rediss') =>
  `${scheme}://${name}:${word}@localhost:${port}`;
const clear = (text: string) => {
  for (const secret of secrets) expect(text).not.toContain(secret);
};

/** In a process that trusts the certificate, as NODE_EXTRA_CA_CERTS is read at its start. */
async function trusting(words: string[], env: object = {}) {
  const all = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem'), ...env };
  const child = spawn(process.execPath, words, { env: all, stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const titles: string[] = [];
  const look = setInterval(() => {
    readFile(`/proc/${child.pid}/cmdline`, 'utf8')
      .then((text) => titles.push(text))
      .catch(() => {});
  }, 50);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(look);
  return { code, said, titles };
}

describe('TLS', { timeout: 60_000 }, () => {
  it('a certificate that nobody vouches for is refused, without user and password', async () => {
    const error = await connect(address()).catch((error: Error) => error);
    expect(String(error)).toMatch(/cannot be used: got .*self.signed certificate/i);
    clear(String(error));
    clear((error as Error).stack!);
  });

  it('with the certificate trusted, the command line trains over it and shows neither in what it says, writes or is called', async () => {
    const cli = join(import.meta.dirname, '../../dist/cli.mjs');
    const out = join(folder, 'run');
    await writeFile(
      join(folder, 'rows.csv'),
      ['a,b,y', ...Array.from({ length: 60 }, (_, k) => `${k},${k % 7},${k % 2 ? 'odd' : 'even'}`)].join('\n'),
    );
    const { code, said, titles } = await trusting([
      ...[cli, 'train', '--data', join(folder, 'rows.csv'), '--target', 'y', '--epochs', '3', '--engine', 'eager'],
      ...['--out', out, '--cluster', address(), '--method', 'uniform'],
    ]);
    expect([code, said]).toEqual([0, expect.stringContaining('traffic:')]);
    clear(said);
    for (const name of await readdir(out, { recursive: true, withFileTypes: true })) {
      if (name.isFile()) clear(await readFile(join(name.parentPath, name.name), 'latin1'));
    }
    // The arguments are there until the program has begun, and not after.
    clear(titles.at(-1)!);
  });
});

describe('user and password', { timeout: 60_000 }, () => {
  it('are in no answer of a server that names who may not do something', async () => {
    const own = await startServer();
    const admin = await connect(own.url);
    await admin.call(
      'ACL',
      'SETUSER',
      user,
      'on',
      `>${decodeURIComponent(password)}`,
      '~*',
      '+@all',
      '-set',
      '-flushall',
    );
    const { port: at } = new URL(own.url);
    const client = await connect(`redis://${user}:${encodeURIComponent(decodeURIComponent(password))}@127.0.0.1:${at}`);
    for (const refused of [
      () => client.set('a', 'b'),
      () => client.eval("return redis.call('SET', 'a', 1)", 0),
      () => client.flushall(),
    ]) {
      const error = (await refused().catch((error: Error) => error)) as Error;
      expect(error.message).toMatch(/NOPERM|ACL|can't run/i);
      clear(`${error.message} ${error.stack} ${JSON.stringify(error)}`);
    }
    for (const one of [client, admin]) one.disconnect();
    await own.stop();
  });

  it('are not in the error of an address that a sign in the password has cut', () => {
    for (const word of ['hemme@lig/word', 'hem/me@lig', 'hemme@lig?word', 'hemme@lig#word']) {
      const url = `redis://user:${word}@127.0.0.1:6390`;
      expect(shownUrl(url)).not.toMatch(/hem|lig|word/);
      expect(() => checkUrl(url)).toThrow(/bad address.*127.0.0.1:6390.*as %2F/);
      expect(() => checkUrl(url)).not.toThrow(/hem|lig|user:/);
    }
  });

  it('that are short leave other words as they are', async () => {
    const failure = await connect('redis://e:a@nowhere.invalid:6390').catch((error: Error) => error.message);
    expect(failure).toMatch(/getaddrinfo|EAI_AGAIN|ENOTFOUND/);
    expect(failure).not.toContain('***');
  });

  const wrong = () => `redis://${user}:${encodeURIComponent('påss/ord!')}@127.0.0.1:1`;
  it.each<[string, (url: string) => unknown]>([
    ['connect', (url) => connect(url)],
    ['a store', (url) => RedisStore.open({ url, run: 'x' })],
    ['clean', (url) => clean(url, 'x')],
    ['a scoring worker', (url) => scoringWorker(tinyModel(), tinySamples(), { url })],
    [
      'distributedImportance',
      (url) => fit(tinyModel(), tinySamples(), { method: distributedImportance({ url }), engine: 'eager' }),
    ],
    ['dataParallel', (url) => fit(tinyModel(), tinySamples(), { cluster: dataParallel({ url }), engine: 'eager' })],
    ['an address of another kind', (url) => dataParallel({ url: url.replace('redis:', 'http:') })],
    ['an address that is none', (url) => distributedImportance({ url: url.replace('redis://', '') })],
  ])('are in no error of %s', async (_, act) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const error = await (async () => act(wrong()))().then(
      () => undefined,
      (error: Error) => error,
    );
    expect(error).toMatchObject({ name: 'UnequalError' });
    for (let one: unknown = error; one instanceof Error; one = one.cause) {
      clear(`${one.message} ${one.stack} ${JSON.stringify(one)}`);
    }
    clear(JSON.stringify(warn.mock.calls));
    warn.mockRestore();
  });
});
