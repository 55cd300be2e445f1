import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { type ByteImages, imageFolder } from '../../src/data/index.ts';
import { halved } from '../../src/experiments/halved.ts';
import { inMemory } from '../../src/experiments/in-memory.ts';
import { Random } from '../../src/sampling/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'unequal-in-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('images in memory', () => {
  it('are the bytes that a folder of pictures decodes to, with their classes', async () => {
    const random = new Random(1);
    const drawn: Uint8Array[] = [];
    for (const part of ['train', 'val']) {
      for (const name of ['a', 'b']) {
        await mkdir(join(folder, part, name), { recursive: true });
        for (let k = 0; k < 40; k++) {
          const pixels = Uint8Array.from({ length: 4 * 6 * 3 }, () => random.integer(256));
          if (part === 'train') drawn.push(pixels);
          const file = join(folder, part, name, `${String(k).padStart(2, '0')}.png`);
          await sharp(pixels, { raw: { width: 6, height: 4, channels: 3 } }).toFile(file);
        }
      }
    }
    const { train } = await imageFolder(folder, { size: [4, 6] });
    const images: ByteImages = await inMemory(train);
    expect(images.length).toBe(80);
    expect(Buffer.from(images.pixels).equals(Buffer.concat(drawn))).toBe(true);
    expect(Array.from(images.labels)).toEqual([...new Array(40).fill(0), ...new Array(40).fill(1)]);
    expect(images.classNames).toEqual(['a', 'b']);
    expect(await inMemory(images)).toBe(images);
    expect(halved(images).inputShape).toEqual([2, 3, 3]);
  });
});
