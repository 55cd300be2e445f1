import { describe, expect, it } from 'vitest';
import type { JobRunner } from '../../src/sweep/job-runner.ts';
import { best, type SweepRow, sweep } from '../../src/sweep/sweep.ts';
import {
  checkSweep,
  combinations as combinationsOf,
  distinct,
  type RunOptions,
  rungs,
} from '../../src/sweep/sweep-config.ts';
import { commandOf } from '../../src/sweep/sweep-job.ts';
import { checkJob } from '../../src/sweep/sweep-worker.ts';

const config = (more: object) =>
  checkSweep({ name: 'a', vary: { method: ['uniform', 'importance'] }, ...more }, 'a.yaml');

const combinations = (sweep: ReturnType<typeof checkSweep>): RunOptions[] =>
  combinationsOf(sweep, (option) => option === 'batch-size');

describe('what a sweep tries', () => {
  it('grid: every combination once', () => {
    const all = combinations(config({ vary: { method: ['uniform', 'importance'], 'batch-size': [16, 32, 64] } }));
    expect(new Set(all.map((one) => `${one.method} ${one['batch-size']}`)).size).toBe(6);
    expect(all.length).toBe(6);
  });

  it('random: within the ends, the logarithm spread evenly, the same for the same seed', () => {
    const vary = { 'learning-rate': { from: 0.001, to: 1, log: true }, method: ['uniform', 'importance'] };
    const all = combinations(config({ search: 'random', runs: 600, vary }));
    const rates = all.map((one) => one['learning-rate'] as number);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(0.001);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1);
    // A third of a decade's width each: 200 ± 4 standard deviations of 11.5.
    for (const [low, high] of [
      [0.001, 0.01],
      [0.01, 0.1],
      [0.1, 1],
    ]) {
      expect(Math.abs(rates.filter((rate) => rate >= low && rate < high).length - 200)).toBeLessThan(46);
    }
    expect(combinations(config({ search: 'random', runs: 600, vary }))).toEqual(all);
    expect(combinations(config({ search: 'random', runs: 600, vary, seed: 2 }))).not.toEqual(all);
  });

  it('random: sizes of batches are whole', () => {
    const all = combinations(config({ search: 'random', runs: 50, vary: { 'batch-size': { from: 16, to: 64 } } }));
    expect(all.every((one) => Number.isInteger(one['batch-size']))).toBe(true);
  });

  it('the same options once, however they are written', () => {
    const vary = { 'learning-rate': [0.01, 1.0e-2, '0.01'], method: ['uniform', 'importance', 'uniform'] };
    expect(distinct(combinations(config({ vary })))).toEqual([
      { 'learning-rate': 0.01, method: 'uniform' },
      { 'learning-rate': 0.01, method: 'importance' },
    ]);
    expect(distinct(combinations(config({ search: 'random', runs: 20 })))).toHaveLength(2);
  });

  it('options without a value are given or left out', () => {
    const base = { id: 0, epochs: 2, data: 'some', byBudget: false };
    const options = { 'skip-broken': true, header: false, method: 'uniform' };
    const words = commandOf({ ...base, options }, '/nowhere');
    expect(words).toEqual(
      ['train', '--skip-broken', '--no-header', '--method', 'uniform', '--out', '/nowhere'].concat([
        '--epochs',
        '2',
        '--json',
        '--quiet',
      ]),
    );
    expect(commandOf({ ...base, options: { 'skip-broken': false } }, '/nowhere')).not.toContain('--skip-broken');
  });

  it('halving: half as many runs for twice as many epochs, to the last', () => {
    expect(rungs(config({ search: 'halving', epochs: 8 }), 8)).toEqual([1, 2, 4, 8]);
    expect(rungs(config({ search: 'halving', epochs: 100 }), 3)).toEqual([50, 100]);
    expect(rungs(config({ epochs: 5 }), 2)).toEqual([5]);
  });

  it.each([
    [{ vary: {} }, /bad vary/],
    [{ vary: { rate: { from: 1, to: 2 } } }, /bad rate in a.yaml/],
    [{ vary: { rate: { from: 0, to: 2, log: true } }, search: 'random' }, /bad rate/],
    [{ vary: { out: ['/etc'] } }, /bad option in a.yaml: got out/],
    [{ vary: { rate: { from: 1, to: 2, stpe: 3 } }, search: 'random' }, /bad rate/],
    [{ vary: { rate: { from: '1', to: 2 } }, search: 'random' }, /bad rate/],
    [{ vary: { rate: { from: 1, to: 2, log: 'yes' } }, search: 'random' }, /bad rate/],
    [{ train: { method: 'uniform' } }, /bad option in a.yaml: got method, expected a name that is in train or in vary/],
    [{ search: 'gird' }, /bad search/],
    [{ name: '../x' }, /bad name/],
    [{ name: '..' }, /bad name/],
    [{ name: '.' }, /bad name/],
    ...['cluster', 'run', 'every', 'outer', 'watch', 'serve'].flatMap((option): [object, RegExp][] => [
      [{ train: { [option]: 'x' } }, /bad option in a.yaml: got/],
      [{ vary: { [option]: ['x'] } }, /bad option in a.yaml: got/],
    ]),
    [{ epoch: 3 }, /bad part in a.yaml: got epoch/],
    [{ epochs: 0 }, /bad epochs/],
  ])('refuses %j', (more, message) => {
    expect(() => config(more)).toThrow(message);
  });

  it('ranks by epochs, then error, then loss, those that failed last', () => {
    const row = (id: number, epochs: number, testError: number, more: object = {}): SweepRow => ({
      ...{ id, options: {}, result: { id, epochs, seconds: 1, testError } },
      ...more,
    });
    const rows = [row(0, 1, 0.1), row(1, 4, 0.3), row(2, 4, 0.2), row(3, 4, 0, { failed: 'it exploded' })];
    expect(best(rows, true).map(({ id }) => id)).toEqual([2, 1, 0, 3]);
  });
});

describe('losses that do not compare', () => {
  const losses = config({ vary: { loss: ['meanSquaredError', 'meanAbsoluteError'] }, search: 'halving', epochs: 2 });
  const runs = losses.vary.loss as readonly string[];
  const planned = runs.map((loss) => ({ options: { loss }, data: 'some', byBudget: false }));
  const runner = (testError?: number): JobRunner => ({
    run: async (jobs, told) => {
      for (const { id, epochs } of jobs) {
        told(jobs.find((job) => job.id === id)!, { result: { id, epochs, seconds: 1, testLoss: 2 - id, testError } });
      }
    },
    close: async () => {},
  });

  it('rank nothing', async () => {
    const grid = { ...losses, search: 'grid' as const };
    expect((await sweep(grid, planned, runner(), () => {})).map(({ id }) => id)).toEqual([0, 1]);
    const rates = { ...grid, vary: { 'learning-rate': [1, 2] } };
    expect((await sweep(rates, planned, runner(), () => {})).map(({ id }) => id)).toEqual([1, 0]);
  });

  it('drop nothing', async () => {
    await expect(sweep(losses, planned, runner(), () => {})).rejects.toThrow(
      /halving cannot tell which runs are better/,
    );
    expect((await sweep(losses, planned, runner(0.1), () => {})).map(({ dropped }) => dropped)).toEqual([
      undefined,
      true,
    ]);
  });
});

describe('a message on the queue', () => {
  const job = { id: 1, options: { data: 'mnist' }, epochs: 2, data: 'some', byBudget: false };
  it('is taken if it is a run', () => expect(checkJob(job)).toEqual(job));
  it.each([
    null,
    'text',
    { ...job, id: -1 },
    { ...job, data: undefined },
    { ...job, byBudget: 'no' },
    { ...job, id: '../../x' },
    { ...job, epochs: Number.NaN },
    { ...job, options: { out: '/etc' } },
    { ...job, options: { resume: '/home' } },
    { ...job, options: { 'x y': 1 } },
    { ...job, options: { data: { deep: 1 } } },
  ])('is refused if it is %j', (message) => {
    expect(() => checkJob(message)).toThrow(/no run of a sweep/);
  });
});
