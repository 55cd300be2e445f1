import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { ImageFolder, imageFolder } from '../../src/data/image-folder.ts';
import { UnequalError } from '../../src/errors.ts';
import { noise, temporaryFolder } from './temporary.ts';

const root = temporaryFolder();
const options = { size: [2, 3], fit: 'stretch' } as const;

/** Two rows of three pixels: 0, 10, 20, … in every channel. */
const pixels = (channels: number) => Uint8Array.from({ length: 6 * channels }, (_, i) => 10 * Math.floor(i / channels));
const picture = (channels: 1 | 2 | 3 | 4, bytes = pixels(channels)) =>
  sharp(bytes, { raw: { width: 3, height: 2, channels } });

async function put(path: string, image = picture(3)): Promise<string> {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  await image.png().toFile(join(root, path));
  return join(root, path);
}

beforeAll(async () => {
  for (const name of ['a', 'b', 'c']) await put(`real/${name}/1.png`);
});

const link = (target: string, path: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
};

test('class folders and pictures that are links are those they lead to, in the order of their names', async () => {
  await put('linked/b/1.png');
  link(join(root, 'real', 'a'), 'linked/a');
  await put('linked/c/1.png');
  link(join(root, 'real', 'b', '1.png'), 'linked/c/2.png');
  const images = await ImageFolder.open(join(root, 'linked'), options);
  expect(images.classNames).toEqual(['a', 'b', 'c']);
  expect([...images.labels]).toEqual([0, 1, 2, 2]);
});

test.each([
  [
    'leads nowhere',
    'broken',
    () => link('nowhere', 'broken/b'),
    /broken.b cannot be read: got a link that leads nowhere/,
  ],
  ['is a circle', 'circle', () => link('b', 'circle/b'), /circle.b cannot be read: got a link that leads nowhere/],
  ['leads back', 'back', () => link('..', 'back/b'), /back.b is a link that leads back/],
  [
    'leads to another class',
    'same',
    () => link('a', 'same/b'),
    /same.b is a link that leads back: .*another folder than .*same.a/,
  ],
  ['is a picture that leads nowhere', 'lost', () => link('nowhere', 'lost/a/2.png'), /lost.a.2\.png would be left out/],
])('a link that %s is refused', async (_name, folder, make, message) => {
  await put(`${folder}/a/1.png`);
  make();
  await expect(ImageFolder.open(join(root, folder), options)).rejects.toThrow(message);
});

test('nothing is left out without a word', async () => {
  const open = (folder: string) => ImageFolder.open(join(root, folder), options);
  await put('nested/a/1.png');
  await put('nested/a/more/2.png');
  await expect(open('nested')).rejects.toThrow(/more would be left out: got a folder/);
  await put('format/a/1.png');
  writeFileSync(join(root, 'format/a/2.bmp'), '');
  await expect(open('format')).rejects.toThrow(/2\.bmp would be left out/);
  await put('pipe/a/1.png');
  execFileSync('mkfifo', [join(root, 'pipe/a/2.png')]);
  await expect(open('pipe')).rejects.toThrow(/2\.png would be left out: got a named pipe/);
  await put('named/a/1.png');
  mkdirSync(join(root, 'named/a/folder.png'));
  await expect(open('named')).rejects.toThrow(/folder\.png would be left out: got a folder/);
});

test('hidden names and what lies beside the classes are no part of a set', async () => {
  for (const name of ['.hidden/1.png', 'a/.2.png', 'a/1.png', 'A/1.png']) await put(`beside/${name}`);
  writeFileSync(join(root, 'beside', 'README'), 'text');
  writeFileSync(join(root, 'beside', 'a', '._1.png'), 'of another system');
  const images = await ImageFolder.open(join(root, 'beside'), options);
  // Names that differ by case are two.
  expect(images.classNames).toEqual(['A', 'a']);
  expect(images.length).toBe(2);
  await put('cases/train/a/1.png');
  await put('cases/test/A/1.png');
  await expect(imageFolder(join(root, 'cases'), options)).rejects.toThrow(/classes of .* differ/);
});

test('every kind of pixel becomes three bytes, or one', async () => {
  const half = pixels(4).map((value, i) => (i % 4 === 3 ? 0 : value));
  const gray16 = await picture(1).toColourspace('grey16').png().toBuffer();
  expect((await sharp(gray16).metadata()).depth).toBe('ushort');
  const rgb16 = await picture(3).toColourspace('rgb16').png().toBuffer();
  const cmyk = await picture(3).toColourspace('cmyk').tiff({ compression: 'none' }).toBuffer();
  const plain = [...pixels(3)];
  const cases: [bytes: Buffer, expected: number[], tolerance: number][] = [
    [await picture(3).png().toBuffer(), plain, 0],
    [await picture(3).png({ palette: true }).toBuffer(), plain, 0],
    [await picture(1).toColourspace('b-w').png().toBuffer(), plain, 0],
    [rgb16, plain, 1],
    [gray16, plain, 1],
    [await picture(4, half).png().toBuffer(), plain.map(() => 255), 0],
    [
      await picture(2, Uint8Array.of(9, 0, 9, 0, 9, 0, 9, 0, 9, 0, 9, 0))
        .toColourspace('b-w')
        .png()
        .toBuffer(),
      plain.map(() => 255),
      0,
    ],
    [cmyk, plain, 60],
  ];
  for (const [k, [bytes, expected, tolerance]] of cases.entries()) {
    const folder = join(root, `kinds${k}`);
    mkdirSync(join(folder, 'a'), { recursive: true });
    writeFileSync(join(folder, 'a', '1.png'), bytes);
    const { data } = await (await ImageFolder.open(folder, options)).image(0);
    expect(data.length).toBe(18);
    for (const [i, value] of expected.entries())
      expect(Math.abs(data[i] - value), `${k}, ${i}`).toBeLessThanOrEqual(tolerance);
    const single = await ImageFolder.open(folder, { ...options, channels: 1 });
    expect((await single.image(0)).data.length).toBe(6);
  }
});

test('a picture is turned as its EXIF orientation says', async () => {
  const folder = join(root, 'turned');
  mkdirSync(join(folder, 'a'), { recursive: true });
  // Stored in two rows of three, to be turned by a quarter to the right: three rows of two.
  await picture(3)
    .withMetadata({ orientation: 6 })
    .png()
    .toFile(join(folder, 'a', '1.png'));
  const { data } = await (await ImageFolder.open(folder, { size: [3, 2], fit: 'stretch' })).image(0);
  expect([...data].filter((_, i) => i % 3 === 0)).toEqual([30, 0, 40, 10, 50, 20]);
});

test.each([
  ['an empty file', Buffer.alloc(0), /got an empty file/],
  ['text', Buffer.from('not a picture'), /got another format/],
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /got another format/],
  ['the beginning of a PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), /cannot be decoded/],
])('%s is no picture', async (_name, bytes, message) => {
  const file = await put('none/a/1.png');
  writeFileSync(file, bytes);
  const images = await ImageFolder.open(join(root, 'none'), options);
  await expect(images.batch([0])).rejects.toThrow(UnequalError);
  await expect(images.batch([0])).rejects.toThrow(message);
});

test('a picture of absurd sides is refused before it is decoded', async () => {
  const file = await put('absurd/a/1.png');
  const wide = await sharp(noise(3 * 40_000), { raw: { width: 40_000, height: 1, channels: 3 } })
    .png()
    .toBuffer();
  writeFileSync(file, wide);
  const images = await ImageFolder.open(join(root, 'absurd'), options);
  await expect(images.batch([0])).rejects.toThrow(/got 40000 × 1 pixels, at most 32768 a side/);
});

test.each([[undefined], [[0, 3]], [[2.5, 3]], [[2 ** 20, 2 ** 20]], ['ab'], [[Number.NaN, 1]]])(
  'a size of %s is none',
  async (size) => {
    const opening = ImageFolder.open(join(root, 'real'), { size: size as never });
    await expect(opening).rejects.toThrow(/The size of the inputs is none/);
  },
);

/** A gray TIFF of 16 × 16 samples of 4 bytes: floats, or whole numbers. */
function deepTiff(write: (bytes: Buffer, at: number) => void, format: 1 | 3): Buffer {
  const [side, data] = [16, 200];
  const bytes = Buffer.alloc(data + 4 * side * side);
  bytes.write('II*\0', 0, 'latin1');
  bytes.writeUInt32LE(8, 4);
  const tags = [
    ...[
      [256, side],
      [257, side],
      [258, 32],
      [259, 1],
      [262, 1],
      [273, data],
      [277, 1],
      [278, side],
    ],
    ...[
      [279, 4 * side * side],
      [339, format],
    ],
  ];
  bytes.writeUInt16LE(tags.length, 8);
  for (const [k, [tag, value]] of tags.entries()) {
    bytes.writeUInt16LE(tag, 10 + 12 * k);
    bytes.writeUInt16LE(4, 12 + 12 * k);
    bytes.writeUInt32LE(1, 14 + 12 * k);
    bytes.writeUInt32LE(value, 18 + 12 * k);
  }
  for (let at = data; at < bytes.length; at += 4) write(bytes, at);
  return bytes;
}

test.each([
  ['float', deepTiff((bytes, at) => bytes.writeFloatLE(0.5, at), 3)],
  ['uint', deepTiff((bytes, at) => bytes.writeUInt32LE(2 ** 31, at), 1)],
])('samples of the type %s, whose range is not known, do not become black or white', async (type, bytes) => {
  const folder = join(root, `deep-${type}`);
  for (const name of ['a', 'b']) await put(`deep-${type}/${name}/1.png`);
  writeFileSync(join(folder, 'b', '2.tif'), bytes);
  const images = await ImageFolder.open(folder, options);
  const message = new RegExp(
    `2\\.tif cannot be decoded: got samples of the type ${type}.*expected whole numbers of 8 or 16`,
  );
  await expect((async () => images.batch([0, 1, 2]))()).rejects.toThrow(message);
  // So it is where they are decoded ahead.
  images.soon?.([2]);
  await expect((async () => images.batch([2]))()).rejects.toThrow(message);
});

test('a picture of five channels is refused in words', async () => {
  const folder = join(root, 'channels');
  for (const name of ['a', 'b']) await put(`channels/${name}/1.png`);
  copyFileSync(join(import.meta.dirname, '../fixtures/own/five-channels.tif'), join(folder, 'b', '2.tif'));
  const images = await ImageFolder.open(folder, options);
  for (const ahead of [false, true]) {
    if (ahead) images.soon?.([2]);
    await expect((async () => images.batch([2]))()).rejects.toThrow(
      /2\.tif cannot be decoded: got 5 channels, expected grey/,
    );
  }
});
