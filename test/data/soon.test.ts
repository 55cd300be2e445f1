/** Samples that are made of others tell those what is asked for next, so that it is loaded ahead. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import { ByteImages, type LabelledImages } from '../../src/data/images.ts';
import type { Samples } from '../../src/data/samples.ts';
import * as web from '../../src/data/web.ts';
import { noise } from './temporary.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Twelve pictures that note what they are told of and asked for. */
function watched() {
  const images = new ByteImages({
    ...{ name: 'noise', height: 4, width: 4, channels: 1, classNames: ['a', 'b', 'c'] },
    ...{ pixels: noise(12 * 16), labels: Uint8Array.from({ length: 12 }, (_, k) => k % 3) },
  });
  const [told, asked] = [new Set<number>(), new Set<number>()];
  const noting: LabelledImages = {
    ...{ name: 'noise', length: 12, inputShape: images.inputShape, labels: images.labels },
    ...{ classes: 3, classNames: images.classNames, image: (i) => images.image(i) },
    batch: (indices) => {
      for (const index of Array.from(indices)) asked.add(index);
      return images.batch(indices);
    },
    soon: (indices) => {
      for (const index of Array.from(indices)) told.add(index);
    },
  };
  return { noting, told, asked };
}

/** What makes samples of others; of the rest of the exports, why it is not asked. */
const made: { readonly [name: string]: ((images: LabelledImages) => Samples | Promise<Samples>) | string } = {
  augmented: (images) => web.augmented(images, { copies: 2, seed: 1 }),
  concat: (images) => web.concat(images, images),
  pixelSequences: (images) => web.pixelSequences(images),
  relabelled: (images) => web.relabelled(images, new Map([[1, 2]])),
  repeat: (images) => web.repeat(images, 2),
  split: (images) => web.split(images, 0.5, 1)[1],
  subset: (images) => web.subset(images, [7, 3, 5, 1]),
  whitened: async (images) => web.whitened(images, await web.zca(images)),
  ...Object.fromEntries(['ByteImages', 'HashedText', 'arraySamples'].map((name) => [name, 'samples of their own'])),
  ...Object.fromEntries(['oneHot', 'perClass', 'permutation', 'zca'].map((name) => [name, 'no samples'])),
};

it('knows all that makes samples', () => {
  expect(Object.keys(web).sort()).toEqual(Object.keys(made).sort());
});

const makers = Object.entries(made).flatMap(([name, make]) => (typeof make === 'string' ? [] : [{ name, make }]));
it.each(makers)('$name', async ({ make }) => {
  const { noting, told, asked } = watched();
  const samples = await make(noting);
  asked.clear();
  const indices = [3, 0, 2];
  samples.soon?.(indices);
  expect(told.size).toBeGreaterThan(0);
  await samples.batch(indices);
  expect([...asked].sort()).toEqual([...told].sort());
});
