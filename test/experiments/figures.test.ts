import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ratioBars } from '../../src/experiments/ratio-bars.ts';
import { inks } from '../../src/report/index.ts';
import { folderOf, tryExperiment } from './support.ts';

test('an experiment leaves its figures beside its report, the same text each time, and none that there is not', async () => {
  const bars = () =>
    ratioBars({
      title: 'MNIST: training loss ÷ uniform',
      bars: [{ name: 'importance', mean: 0.8, low: 0.7, high: 0.9, n: 3 }],
      inks: inks(['importance']),
    });
  const experiment = {
    ...{ name: 'one', title: 'One', about: 'a figure', budget: 'steps' as const },
    defaults: { small: { budget: 1, seeds: 1 }, paper: { budget: 1, seeds: 1 } },
    parts: () => [{ key: 'a', seed: 1 }],
    run: async () => 1,
    present: () => ({ summary: [], tables: [], figures: [undefined, bars()], setting: [] }),
  };
  const folder = folderOf('figures');
  await tryExperiment(experiment, { budget: 1 }, undefined, folder);
  const figures = () => readdirSync(folder).filter((name) => name.endsWith('.svg'));
  expect(figures()).toEqual(['mnist-training-loss-uniform.svg']);
  const text = () => readFileSync(join(folder, figures()[0]), 'utf8');
  const before = text();
  expect(before).toContain('<title>MNIST: training loss ÷ uniform</title>');
  await tryExperiment(experiment, { budget: 1 }, undefined, folder);
  expect([figures().length, text()]).toEqual([1, before]);
});
