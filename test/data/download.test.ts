import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { download } from '../../src/data/download.ts';
import { npmPack } from '../../src/data/npm-pack.ts';
import { untar } from '../../src/data/untar.ts';
import { noise, temporaryFolder } from './temporary.ts';

const root = temporaryFolder();
const content = Buffer.from(noise(300_000));
const archive = {
  file: 'set.bin',
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};

/** How the server behaves: where it hangs up, whether it knows ranges. */
let hangUpAfter = Infinity;
let ranges = true;
let asked: (string | undefined)[] = [];

const server = createServer((request, response) => {
  const { range } = request.headers;
  asked.push(range);
  if (request.url !== '/set.bin') return response.writeHead(404).end();
  const start = ranges && range !== undefined ? Number(/bytes=(\d+)-/.exec(range)![1]) : 0;
  if (start >= content.length && start > 0) return response.writeHead(416).end();
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': content.length - start });
  if (start + hangUpAfter >= content.length) return response.end(content.subarray(start));
  return response.write(content.subarray(start, start + hangUpAfter), () => setTimeout(() => response.destroy(), 50));
});

let url = '';
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.bin`;
});
afterAll(() => server.close());
beforeEach(() => {
  hangUpAfter = Infinity;
  ranges = true;
  asked = [];
});

test('a file is fetched and gets its name when its hash is right', async () => {
  const file = join(root, 'plain');
  const done: number[] = [];
  await download(url, file, archive, (p) => p.phase === 'download' && done.push(p.done));
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(existsSync(`${file}.part`)).toBe(false);
  expect(done.at(-1)).toBe(content.length);
});

test('a broken connection keeps what has arrived, and the next call goes on from there', async () => {
  const file = join(root, 'broken');
  hangUpAfter = 100_000;
  await expect(download(url, file, archive)).rejects.toThrow(
    /could not be fetched: got the connection broke after \d+/,
  );
  expect(existsSync(file)).toBe(false);
  const have = readFileSync(`${file}.part`).length;
  expect(have).toBeGreaterThan(0);
  hangUpAfter = Infinity;
  await download(url, file, archive);
  expect(asked).toEqual([undefined, `bytes=${have}-`]);
  expect(readFileSync(file).equals(content)).toBe(true);
});

test('a server without ranges is read from the start', async () => {
  ranges = false;
  const file = join(root, 'no-ranges');
  writeFileSync(`${file}.part`, content.subarray(0, 1000));
  await download(url, file, archive);
  expect(readFileSync(file).equals(content)).toBe(true);
});

test('a part of another file is thrown away, a complete part is used', async () => {
  const file = join(root, 'foreign');
  writeFileSync(`${file}.part`, Buffer.alloc(1000, 1));
  await download(url, file, archive);
  expect(asked).toEqual(['bytes=1000-', undefined]);
  expect(readFileSync(file).equals(content)).toBe(true);
  const complete = join(root, 'complete');
  writeFileSync(`${complete}.part`, content);
  await download(url, complete, archive);
  expect(readFileSync(complete).equals(content)).toBe(true);
});

test('wrong content never gets the name', async () => {
  const file = join(root, 'wrong');
  await expect(download(url, file, { ...archive, sha256: '0'.repeat(64) })).rejects.toThrow(/is corrupt/);
  expect(existsSync(file)).toBe(false);
  expect(existsSync(`${file}.part`)).toBe(false);
  await expect(download(`${url}x`, file, archive)).rejects.toThrow(/set\.binx could not be fetched: got HTTP 404/);
});

test('npm packs a package, and says so when it cannot', async () => {
  const source = join(root, 'package');
  const to = join(root, 'packed');
  for (const folder of [source, to]) mkdirSync(folder);
  writeFileSync(join(source, 'package.json'), '{ "name": "some-data", "version": "1.0.0" }');
  writeFileSync(join(source, 'data.bin'), noise(5000));
  const packed = await npmPack(source, to);
  expect(packed).toBe(join(to, 'some-data-1.0.0.tgz'));
  await untar(packed, to, { strip: 1 });
  expect(readFileSync(join(to, 'data.bin')).equals(noise(5000))).toBe(true);
  const empty = join(root, 'empty');
  mkdirSync(empty);
  await expect(npmPack(join(root, 'nowhere'), empty)).rejects.toThrow(
    /npm could not fetch .*nowhere: got exit code \d+ \(.+--from PATH/s,
  );
});
