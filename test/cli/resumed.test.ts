/** What the record of a run says that was gone on with. */
import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeCheckpoint } from '../../src/fit/checkpoint.ts';
import { readCheckpoint } from '../../src/fit/stored.ts';
import { readRecord } from '../../src/report/record.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { table, train } from './killed.ts';
import { run } from './run.ts';

const scratch = temporaryFolder();
const data = table(scratch);
const whole = join(scratch, 'whole');

beforeAll(async () => {
  await tf.setBackend('cpu');
  expect((await run(train(data, whole))).code).toBe(0);
}, 60_000);
afterEach(() => vi.restoreAllMocks());

const copyOf = (folder: string, name: string) => {
  const copy = join(scratch, name);
  cpSync(folder, copy, { recursive: true });
  return copy;
};
const filesOf = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => [join(one.parentPath, one.name), readFileSync(join(one.parentPath, one.name), 'latin1')]),
  );
const resume = (folder: string, ...more: string[]) => run(['train', '--resume', folder, '--quiet', ...more]);

describe('a budget below what a run has', () => {
  it('of epochs is refused, and nothing is written', async () => {
    const before = filesOf(whole);
    const { code, err } = await resume(whole, '--epochs', '5');
    expect([code, err]).toEqual([1, expect.stringMatching(/whole has 12 epochs already: got --epochs 5, expected 12/)]);
    expect(filesOf(whole)).toEqual(before);
    // As many are no fewer.
    expect((await resume(copyOf(whole, 'same'), '--epochs', '12')).code).toBe(0);
  });

  it('is refused within an epoch too', async () => {
    // Where a killed run is left is for chance to say.
    const left = copyOf(whole, 'within');
    const checkpoint = join(left, 'checkpoint');
    const saved = await readCheckpoint(checkpoint);
    await writeCheckpoint(checkpoint, {
      ...(saved as object),
      place: { epoch: 11, batch: 3, begun: true },
    } as typeof saved);
    const { code, err } = await resume(left, '--epochs', '11');
    expect([code, err]).toEqual([1, expect.stringMatching(/within has 11 epochs and 3 steps already: .*expected 12/)]);
  });

  it('of seconds is refused, but the one that it had', async () => {
    const timed = join(scratch, 'timed');
    const words = train(data, timed, '--seconds', '0.2').filter((one, k, all) => !/epochs/.test(`${all[k - 1]}${one}`));
    expect((await run(words)).code).toBe(0);
    const { code, err } = await resume(timed, '--seconds', '0.1');
    expect([code, err]).toEqual([1, expect.stringMatching(/timed has 0\.\d+ s already: got --seconds 0\.1, expected/)]);
    expect((await resume(timed, '--seconds', '0.2')).code).toBe(0);
  });
});

it('says what of it was lost', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const folder = copyOf(whole, 'short');
  const { callbacks } = (
    (await readCheckpoint(join(folder, 'checkpoint'))) as unknown as {
      told: { callbacks: [string, { size?: number }][] };
    }
  ).told;
  const size = callbacks.find(([, state]) => state.size !== undefined)![1].size!;
  // The power went: the last line that reached the disk is one of the first.
  const metrics = join(folder, 'metrics.ndjson');
  const kept = readFileSync(metrics, 'utf8').split('\n').slice(0, 5).join('\n').length + 1;
  truncateSync(metrics, kept + 7);
  expect((await resume(folder, '--epochs', '13')).code).toBe(0);
  const words = `${(size - kept).toLocaleString('en-US')} bytes of metrics are lost`;
  expect(warn.mock.calls).toEqual([[expect.stringContaining(words)]]);
  expect(Object.values((await readRecord(folder)).config.notes ?? {})).toEqual([expect.stringContaining(words)]);
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain(words);
  // Once.
  expect((await resume(folder, '--epochs', '14')).code).toBe(0);
  expect(warn).toHaveBeenCalledTimes(1);
});

it('says that a checkpoint is empty', async () => {
  const folder = copyOf(whole, 'empty');
  writeFileSync(join(folder, 'checkpoint'), '');
  const { code, err } = await resume(folder, '--epochs', '20');
  expect([code, err]).toEqual([1, expect.stringContaining('is no checkpoint of unequal: got an empty file, expected')]);
});
