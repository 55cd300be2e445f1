import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { create } from 'tar';
import { beforeAll, expect, test } from 'vitest';
import { getData } from '../../src/data/get.ts';
import { imageFolder } from '../../src/data/image-folder.ts';
import { convertMit67, type Mit67List } from '../../src/data/mit67.ts';
import { temporaryFolder } from './temporary.ts';

const root = temporaryFolder();
const archives = join(root, 'archives');
const archive = join(archives, 'indoorCVPR_09.tar');
const images = join(root, 'official', 'Images');
/** Two of each class to train on, one to test, in place of 80 and 20; and one that no list names. */
const lists: readonly Mit67List[] = [
  { part: 'train', list: 'TrainImages.txt', images: 134 },
  { part: 'test', list: 'TestImages.txt', images: 67 },
];
const names = { 'TrainImages.txt': [] as string[], 'TestImages.txt': [] as string[] };

beforeAll(async () => {
  const jpeg = await sharp({ create: { width: 3, height: 2, channels: 3, background: '#804020' } })
    .jpeg()
    .toBuffer();
  for (let c = 0; c < 67; c++) {
    const folder = `scene_${String(c).padStart(2, '0')}`;
    mkdirSync(join(images, folder), { recursive: true });
    for (let i = 0; i < 4; i++) writeFileSync(join(images, folder, `${i}.jpg`), jpeg);
    names['TrainImages.txt'].push(`${folder}/0.jpg`, `${folder}/1.jpg`);
    names['TestImages.txt'].push(`${folder}/2.jpg`);
  }
  mkdirSync(archives);
  await create({ file: archive, cwd: join(root, 'official') }, ['Images']);
  writeLists(archives, names);
});

function writeLists(folder: string, lists: { readonly [name: string]: readonly string[] }): void {
  for (const [name, lines] of Object.entries(lists)) writeFileSync(join(folder, name), `${lines.join('\r\n')}\r\n`);
}

/** Converts the images with other lists. */
async function converted(name: string, changed: { readonly [name: string]: readonly string[] }): Promise<string> {
  const [beside, to] = [join(root, `${name}-lists`), join(root, name)];
  mkdirSync(beside);
  writeLists(beside, changed);
  await convertMit67(join(root, 'official'), to, undefined, beside, lists);
  return to;
}

test('the images that the lists name become folders by part and class', async () => {
  const folder = await converted('good', names);
  const { train, test } = await imageFolder(folder, { size: [4, 4] });
  expect([train.length, test.length, train.classes]).toEqual([134, 67, 67]);
  expect(readdirSync(join(folder, 'test', 'scene_66'))).toEqual(['2.jpg']);
  expect((await train.batch([133])).ys.data[66]).toBe(1);
});

test('a list that is missing, malformed, doubled or wrong is named with the line', async () => {
  const train = names['TrainImages.txt'];
  const [first, ...rest] = train;
  await expect(converted('none', {})).rejects.toThrow(/TrainImages.txt is missing/);
  await expect(converted('short', { ...names, 'TrainImages.txt': rest })).rejects.toThrow(
    /TrainImages.txt is not the official list: got 133 images, expected 134/,
  );
  await expect(converted('odd', { ...names, 'TrainImages.txt': [first, 'a/../b.jpg'] })).rejects.toThrow(
    /Line 2 of .*TrainImages.txt is malformed: got a\/..\/b.jpg/,
  );
  await expect(converted('twice', { ...names, 'TrainImages.txt': [rest[0], ...rest] })).rejects.toThrow(
    /scene_00\/1.jpg is listed twice: got line 1 of .* and line 2 of/,
  );
  await expect(converted('gone', { ...names, 'TrainImages.txt': ['scene_00/9.jpg', ...rest] })).rejects.toThrow(
    /scene_00.9.jpg is missing: expected it, as line 1 of .*TrainImages.txt names it/,
  );
  await expect(convertMit67(images, join(root, 'x'))).rejects.toThrow(/no folder Images in it/);
});

test('an archive is read by what it holds, with its lists beside it; nothing is kept of one that is not whole', async () => {
  const cache = join(root, 'cache');
  await expect(getData('mit67', { cache, from: archive })).rejects.toThrow(
    /archives.TrainImages.txt is not the official list: got 134 images, expected 5360/,
  );
  const short = join(archives, 'short.tar');
  writeFileSync(short, readFileSync(archive).subarray(0, 100_000));
  await expect(getData('mit67', { cache, from: short })).rejects.toThrow(/byte 100000 of 100000/);
  await expect(getData('mit67', { cache })).rejects.toThrow(/mit67 cannot be fetched: .*indoorCVPR_09.tar/);
  expect(existsSync(join(cache, 'mit67'))).toBe(false);
  expect(readdirSync(cache).filter((name) => name !== 'downloads')).toEqual([]);
});
