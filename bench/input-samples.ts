/** What `bench input` trains on, here and in the workers of a pool. */
import { join } from 'node:path';
import { augmented } from '../src/data/augment.ts';
import { cacheFolder } from '../src/data/cache.ts';
import { imageFolder } from '../src/data/image-folder.ts';
import { loadData } from '../src/data/index.ts';
import type { Samples } from '../src/data/samples.ts';

/** The pictures of 15-Scene at 96 × 96, decoded every time. */
export const scenes = async (): Promise<Samples> =>
  (await imageFolder(join(cacheFolder(), 'scene-15'), { size: [96, 96], cacheBytes: 0 })).train;

/** Moved and mirrored. */
export const cifar = async (): Promise<Samples> => augmented((await loadData('cifar-10')).train, { copies: 30 });
