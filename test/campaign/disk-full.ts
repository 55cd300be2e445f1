import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnequalError } from '../../src/errors.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/fit/checkpoint.ts';
import { type Family, Lost } from './family.ts';

/** Bytes of the small disk. */
const size = 2 ** 20;

/** A small disk at a path, where this system lets us make one. @returns how to take it away, or why there is none. */
export function smallDisk(path: string): (() => void) | string {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'pipe' });
    return () => {
      execFileSync('umount', [path], { stdio: 'pipe' });
    };
  } catch (error) {
    return `no small disk can be mounted here: ${(error as Error).message.split('\n').at(-1) || 'mount failed'}`;
  }
}

let takeAway: (() => void) | undefined;

/** A disk that fills up keeps the last checkpoint that was whole, and nothing else. */
export const diskFull: Family = {
  name: 'disk full',
  trials: 100,
  end: () => takeAway?.(),
  start: async (folder) => {
    const disk = join(folder, 'disk');
    const away = smallDisk(disk);
    if (typeof away === 'string') return away;
    takeAway = away;
    return async (random) => {
      for (const name of readdirSync(disk)) rmSync(join(disk, name));
      const path = join(disk, 'checkpoint');
      const old = { step: 1, weights: new Float32Array(1000).fill(1) };
      await writeCheckpoint(path, old);
      writeFileSync(join(disk, 'other'), new Uint8Array(random.integer(size / 2)));
      const large = { step: 2, weights: new Float32Array(random.integer(size / 2)) };
      let refused = false;
      try {
        await writeCheckpoint(path, large);
      } catch (error) {
        if (!(error instanceof UnequalError)) throw error;
        refused = true;
      }
      const kept = (await readCheckpoint(path)) as { step: number };
      if (kept.step !== (refused ? 1 : 2)) throw new Lost(`step ${kept.step} is kept`);
      const left = readdirSync(disk).filter((name) => name !== 'other' && name !== 'checkpoint');
      if (left.length > 0 || !existsSync(path)) throw new Lost(`left behind: ${left}`);
      return refused ? 'refused' : 'ok';
    };
  },
};
