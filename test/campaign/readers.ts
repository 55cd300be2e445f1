import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mutate } from '../data/fuzz/mutate.ts';
import { READERS } from '../data/fuzz/readers.ts';
import type { Family } from './family.ts';

/** Every reader of files of users: a damaged file has a result or is refused, in 10 seconds and 1 GiB. */
export const readers: readonly Family[] = READERS.map(({ name, slow, seeds, prepare, read }) => ({
  name: `reader: ${name}`,
  trials: slow ? 10_000 : 100_000,
  patience: 10_000,
  bounded: true,
  start: async (root) => {
    const at = join(root, 'input');
    const intact = await seeds();
    const folder = () => {
      rmSync(at, { recursive: true, force: true });
      mkdirSync(at);
      return at;
    };
    await prepare?.(root);
    for (const [which, seed] of intact.entries()) await read(Buffer.from(seed), folder(), which);
    return async (random) => {
      const which = random.integer(intact.length);
      await read(
        mutate(intact[which], intact, (below) => random.integer(Math.max(1, below))),
        folder(),
        which,
      );
      return 'ok';
    };
  },
}));
