import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/sampling/random.ts';
import { calls } from './calls.ts';
import { damaged, decoder, foreign, forged } from './checkpoints.ts';
import { diskFull } from './disk-full.ts';
import { bad, outcomeOf } from './family.ts';
import { modelFiles } from './model-files.ts';
import { runFolders } from './run-folders.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unequal-campaign-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the campaign, its small form', () => {
  it.each([
    { family: damaged, trials: 60 },
    { family: forged, trials: 150 },
    { family: foreign, trials: 20 },
    { family: decoder, trials: 2000 },
    { family: modelFiles, trials: 60 },
    { family: runFolders, trials: 40 },
    { family: diskFull, trials: 20 },
    { family: calls, trials: 60 },
  ])('$family.name: every outcome is a result or an UnequalError', async ({ family, trials }) => {
    const trial = await family.start(folder);
    if (typeof trial === 'string') {
      console.warn(`skipped: ${trial}`);
      return;
    }
    const wrong: string[] = [];
    const random = new Random(7).fork(family.name);
    for (let k = 0; k < trials; k++) {
      const { outcome, detail } = await outcomeOf(trial, random.fork(k));
      if (bad.includes(outcome)) wrong.push(`${k} ${outcome}: ${detail}`);
    }
    family.end?.();
    expect(wrong).toEqual([]);
  });
});
