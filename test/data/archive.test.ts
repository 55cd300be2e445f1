import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { beforeAll, expect, test } from 'vitest';
import { type Archive, identify } from '../../src/data/archive.ts';
import { sha256 } from '../../src/data/checksums.ts';
import { untar } from '../../src/data/untar.ts';
import { noise, temporaryFolder } from './temporary.ts';

const root = temporaryFolder();
const source = join(root, 'source');
const archive = join(root, 'set.tar.gz');
let known: Archive;

beforeAll(async () => {
  mkdirSync(join(source, 'set', 'inner'), { recursive: true });
  writeFileSync(join(source, 'set', 'a.bin'), noise(100_000, 1));
  writeFileSync(join(source, 'set', 'inner', 'b.bin'), noise(100_000, 2));
  symlinkSync('/etc/hostname', join(source, 'set', 'link'));
  await create({ cwd: source, file: archive, gzip: true }, ['set']);
  known = { file: 'set.tar.gz', bytes: readFileSync(archive).length, sha256: await sha256(archive) };
});

function folder(name: string): string {
  const path = join(root, name);
  mkdirSync(path);
  return path;
}

test('an archive is unpacked, without its leading folder and its links', async () => {
  const to = folder('all');
  await untar(archive, to, { strip: 1 });
  expect(readdirSync(to, { recursive: true }).sort()).toEqual(['a.bin', 'inner', join('inner', 'b.bin')]);
  expect(readFileSync(join(to, 'inner', 'b.bin')).equals(noise(100_000, 2))).toBe(true);
});

test('only what belongs to the set is taken', async () => {
  const to = folder('some');
  const steps: number[] = [];
  await untar(archive, to, { filter: (path) => path.endsWith('a.bin'), onProgress: ({ done }) => steps.push(done) });
  expect(readdirSync(join(to, 'set'))).toEqual(['a.bin']);
  expect(steps.at(-1)).toBe(known.bytes);
  await expect(untar(archive, to, { filter: () => false })).rejects.toThrow(/holds nothing of this data set/);
});

function variant(name: string, change: (bytes: Buffer) => Uint8Array): string {
  const file = join(root, name);
  writeFileSync(file, change(readFileSync(archive)));
  return file;
}

test('a truncated or corrupt archive is named with the place', async () => {
  const half = variant('half.tar.gz', (bytes) => bytes.subarray(0, bytes.length >> 1));
  await expect(untar(half, folder('half'))).rejects.toThrow(
    /half\.tar\.gz is damaged or truncated at or before byte \d+ of \d+/,
  );
  const noisy = variant('noisy.tar.gz', (bytes) => bytes.fill(7, 5000, 5100));
  await expect(untar(noisy, folder('noisy'))).rejects.toThrow(/noisy\.tar\.gz is damaged/);
  const plain = variant('plain.tar', () => noise(4096));
  await expect(untar(plain, folder('plain'))).rejects.toThrow(/plain\.tar is damaged/);
});

test('an archive is known by its content', async () => {
  expect(await identify(archive, [known])).toBe(known);
  const renamed = variant('other-name.tgz', (bytes) => bytes);
  expect(await identify(renamed, [{ ...known, sha256: '0'.repeat(64) }, known])).toBe(known);
});

test.each([
  [
    'short.tar.gz',
    (b: Buffer) => b.subarray(0, 1000),
    /is truncated at byte 1000 of \d+, or another file: got SHA-256/,
  ],
  ['long.tar.gz', (b: Buffer) => Buffer.concat([b, Buffer.alloc(3)]), /is 3 bytes too long, or another file/],
  [
    'flip.tar.gz',
    (b: Buffer) => b.fill(b[500] ^ 1, 500, 501),
    /is corrupt \(its length is right, its content is not\)/,
  ],
])('%s is refused before it is unpacked', async (name, change, message) => {
  await expect(identify(variant(name, change), [known])).rejects.toThrow(message);
});
