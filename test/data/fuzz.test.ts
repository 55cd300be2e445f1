import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runFamily } from '../campaign/driver.ts';
import { readers } from '../campaign/readers.ts';
import { bundled } from './bundle.ts';

/** `npm run campaign -- --only reader` reads many more. */
const trials = 60;

test('damaged files give a result or an UnequalError, in 10 seconds and 1 GiB', async () => {
  const { folder, file: script } = await bundled('test/campaign/trials.ts');
  try {
    let read = 0;
    for (const family of readers) {
      const { counts, details } = await runFamily(family, { seed: 1, trials, jobs: 2, script });
      expect([...details], family.name).toEqual([]);
      expect(counts.ok + counts.refused, family.name).toBe(trials);
      read += counts.ok;
    }
    // Hardly any damaged archive can be read, most damaged words can.
    expect(read).toBeGreaterThan(0.1 * trials * readers.length);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
