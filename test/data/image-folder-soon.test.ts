/** Pictures that are decoded before they are asked for are those that are decoded then. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { decodeAhead, decodeImage } from '../../src/data/decode-image.ts';
import { ImageFolder } from '../../src/data/image-folder.ts';
import { noise, temporaryFolder } from './temporary.ts';

const root = temporaryFolder();
const size = [12, 10] as const;
const formats = ['jpeg', 'png', 'webp', 'tiff', 'gif'] as const;
let files: string[];

beforeAll(async () => {
  mkdirSync(join(root, 'a'));
  files = [];
  for (const [k, format] of formats.entries()) {
    const file = join(root, 'a', `${k}.${format === 'jpeg' ? 'jpg' : format}`);
    // Larger than what it is made to, so that a JPEG is decoded at a smaller scale; one of them is turned.
    await sharp(noise(64 * 48 * 3, k + 1), { raw: { width: 64, height: 48, channels: 3 } })
      .withMetadata(format === 'jpeg' ? { orientation: 6 } : {})
      .toFormat(format)
      .toFile(file);
    files.push(file);
  }
});

const open = () => ImageFolder.open(root, { size: [...size], cacheBytes: 0 });

it.each(['crop', 'stretch'] as const)('of every format, %s', async (fit) => {
  for (const channels of [1, 3] as const) {
    const shape = { height: 12, width: 10, channels, fit };
    for (const file of files) expect(await decodeAhead(file, shape)).toEqual(await decodeImage(file, shape));
  }
});

it('batches are the same, whatever was told before', async () => {
  const [plain, told] = [await open(), await open()];
  for (const [hint, asked] of [
    [
      [0, 1, 2],
      [0, 1, 2],
    ],
    [
      [3, 3, 4],
      [4, 3, 3, 0],
    ],
    [[1], [2]],
    [
      [99, -1, 0.5, 2],
      [2, 1],
    ],
  ]) {
    told.soon(hint);
    told.soon(hint);
    expect(await told.batch(asked)).toEqual(await plain.batch(asked));
  }
});

it('what cannot be decoded is told by the batch, as without', async () => {
  mkdirSync(join(root, 'b'));
  const broken = join(root, 'b', '1.jpg');
  writeFileSync(broken, Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(noise(50))]));
  writeFileSync(join(root, 'b', '2.jpg'), '');
  writeFileSync(join(root, 'b', '3.jpg'), 'GIF, not really');
  const [plain, told] = [await open(), await open()];
  const message = (samples: ImageFolder, index: number) => samples.batch([index]).then(String, String);
  const shape = { height: 12, width: 10, channels: 3 } as const;
  expect(await decodeAhead(broken, shape)).toBeUndefined();
  expect(await decodeAhead(join(root, 'nowhere.jpg'), shape)).toBeUndefined();
  expect(await decodeAhead(root, shape)).toBeUndefined();
  for (const index of [5, 6, 7]) {
    told.soon([index]);
    const expected = await message(plain, index);
    expect(expected).toMatch(/cannot be decoded/);
    expect(await message(told, index)).toBe(expected);
  }
});
