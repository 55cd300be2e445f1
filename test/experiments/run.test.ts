import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Experiment } from '../../src/experiments/experiment.ts';
import { folderOf, tryExperiment } from './support.ts';

/** Squares its seeds, two parts each, and counts its runs. */
function squares(): Experiment<{ square: number }> & { ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    name: 'squares',
    title: 'Squares <of seeds>',
    about: 'arithmetic',
    budget: 'steps',
    defaults: { small: { budget: 1, seeds: 1 }, paper: { budget: 2, seeds: 2 } },
    parts: ({ seeds }) =>
      seeds.flatMap((seed) => ['a', 'b'].map((group) => ({ key: `${group} ${seed}`, seed, setting: group }))),
    run: async ({ key, seed }) => {
      ran.push(key);
      return { square: seed ** 2 };
    },
    present: (results) => ({
      summary: [`${results.length} parts`],
      tables: [
        {
          title: 'Squares',
          head: ['part', 'square'],
          rows: results.map(({ part, result }) => [part.key, `${result.square}`]),
        },
      ],
      figures: [undefined],
      setting: ['none'],
    }),
  };
}

test('a run in a folder that holds a part of it does what is left, and more seeds add to it', async () => {
  const experiment = squares();
  const folder = folderOf('resumed');
  const controller = new AbortController();
  const first: typeof experiment = {
    ...experiment,
    run: async (part, settings, context) => {
      if (part.key === 'b 1') controller.abort();
      return experiment.run(part, settings, context);
    },
  };
  const stopped = await tryExperiment(first, {}, controller.signal, folder);
  expect(stopped.complete).toBe(false);
  expect(stopped.results.map(({ part }) => part.key)).toEqual(['a 1']);
  // A killed run leaves half a line.
  appendFileSync(join(folder, 'results.ndjson'), '{"part":{"key":"b 1","se');

  experiment.ran.length = 0;
  const whole = await tryExperiment(experiment, { seeds: [1, 2] }, undefined, folder);
  expect(whole.complete).toBe(true);
  expect(experiment.ran).toEqual(['b 1', 'a 2', 'b 2']);
  expect(whole.presentation.tables[0].rows).toEqual([
    ['a 1', '1'],
    ['b 1', '1'],
    ['a 2', '4'],
    ['b 2', '4'],
  ]);
  expect(readFileSync(join(folder, 'results.ndjson'), 'utf8').trim().split('\n')).toHaveLength(4);

  experiment.ran.length = 0;
  await tryExperiment(experiment, { seeds: [1, 2] }, undefined, folder);
  expect(experiment.ran).toEqual([]);
});

test('one setting can be run alone, and what the folder holds of the others is shown with it', async () => {
  const experiment = squares();
  const folder = folderOf('alone');
  const alone = await tryExperiment(experiment, { only: ['b'], seeds: [1, 2] }, undefined, folder);
  expect(alone.complete).toBe(true);
  expect(experiment.ran).toEqual(['b 1', 'b 2']);
  const both = await tryExperiment(experiment, { only: ['a'] }, undefined, folder);
  expect(experiment.ran).toEqual(['b 1', 'b 2', 'a 1']);
  expect(both.results.map(({ part }) => part.key)).toEqual(['a 1', 'b 1', 'b 2']);
  expect(both.presentation.setting.at(-1)).toMatch(/a processor, 2 cores, 2 threads in every operation/);
  await expect(tryExperiment(experiment, { only: ['bb'] }, undefined, folder)).rejects.toThrow(
    /unknown setting of squares: got 'bb', expected one of 'a', 'b', did you mean 'b'/,
  );
});

test('the report is one page with tables, command and escaped title', async () => {
  const { report } = await tryExperiment(squares(), {});
  const page = readFileSync(report, 'utf8');
  expect(page).toContain('Squares &lt;of seeds&gt;');
  expect(page).toContain('unequal experiment squares');
  expect(page).toContain('a processor, 2 cores');
  expect(page.match(/<script/g)).toHaveLength(1);
  expect(page).not.toMatch(/src="http|href="http/);
});

test('a folder of another run is not written to', async () => {
  const folder = folderOf('other');
  await tryExperiment(squares(), {}, undefined, folder);
  await expect(tryExperiment(squares(), { budget: 7 }, undefined, folder)).rejects.toThrow(/budget 1, expected 7/);
  await expect(tryExperiment(squares(), { scale: 'paper' }, undefined, folder)).rejects.toThrow(/scale small/);
});
