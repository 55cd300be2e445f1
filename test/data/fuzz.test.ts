import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runFamily } from '../campaign/driver.ts';
import { readers } from '../campaign/readers.ts';
import { bundled } from './bundle.ts';

/** `npm run campaign -- --only reader` reads many more. */
const trials = 150;

test('damaged files give a result or an UnequalError, in 10 seconds and 1 GiB', async () => {
  const { folder, file: script } = await bundled('test/campaign/trials.ts');
  try {
    for (const family of readers) {
      const { counts, details } = await runFamily(family, { seed: 1, trials, jobs: 2, script });
      expect([...details], family.name).toEqual([]);
      expect(counts.ok + counts.refused, family.name).toBe(trials);
      expect(counts.ok, family.name).toBeGreaterThan(0);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
