/** Pictures that a camera has stored on their side are as large as they are looked at. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { ownData } from '../../../src/data/index.ts';
import type { NumberList } from '../../../src/data/own/cell.ts';
import { pictureShape, withPictures } from '../../../src/data/own/pictures.ts';
import { Broken, type Table } from '../../../src/data/own/table.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const [height, width] = [32, 16];
const upright = Uint8Array.from({ length: height * width }, (_, i) => 7 * Math.floor(i / width) + (i % width));

/** Stored lying, to be turned by a quarter clockwise: its rows are the columns of the upright one, the last first. */
async function store(file: string): Promise<void> {
  const lying = Uint8Array.from(
    { length: height * width },
    (_, i) => upright[(i % height) * width + width - 1 - Math.floor(i / height)],
  );
  const image = sharp(lying, { raw: { width: height, height: width, channels: 1 } });
  await image.withMetadata({ orientation: 6 }).tiff({ compression: 'lzw' }).toFile(file);
}

it('in folders', async () => {
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, name));
    for (let k = 0; k < 5; k++) await store(join(folder, name, `${k}.tiff`));
  }
  const { train, notes } = await ownData(folder, { channels: 1 });
  expect(notes.join('\n')).toContain('pictures: 32 × 16');
  const { xs } = (await train.batch([0])) as { xs: { data: Float32Array; shape: number[] } };
  expect(xs.shape).toEqual([1, height, width, 1]);
  expect(Array.from(xs.data, (x) => Math.round(255 * x))).toEqual([...upright]);
});

it('in cells of a table', async () => {
  const file = join(folder, 'cell.tiff');
  await store(file);
  const bytes = new Uint8Array(await readFile(file));
  const table: Table = {
    name: 'pictures',
    columns: ['picture'],
    async *rows() {
      for (let k = 1; k <= 3; k++) yield { cells: [bytes], place: `row ${k}` };
    },
  };
  const shape = await pictureShape(table, { channels: 1 });
  expect(shape).toEqual({ height, width, channels: 1 });
  for await (const { cells } of withPictures(table, shape).rows(new Broken(false))) {
    const { data, shape } = cells[0] as NumberList;
    expect([shape, Array.from(data)]).toEqual([[height, width, 1], [...upright]]);
  }
});
