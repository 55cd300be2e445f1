import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunFolder } from '../../src/cli/run-folder.ts';
import { UnequalError } from '../../src/errors.ts';
import { type PointEvent, readRecord } from '../../src/report/record.ts';
import { runReport } from '../../src/report/run-report.ts';
import { summary } from '../../src/report/summary.ts';
import { config, events } from './fixture.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unequal-record-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (metrics: string) => {
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  await writeFile(join(folder, 'metrics.ndjson'), metrics);
};
const lines = events.map((event) => JSON.stringify(event));

describe('readRecord', () => {
  it('reads a finished run', async () => {
    await write(`${lines.join('\n')}\n`);
    const { methods, end, images } = await readRecord(folder);
    expect(
      methods.map(({ name, points, steps, switches }) => [name, points.length, steps.length, switches.length]),
    ).toEqual([
      ['uniform', 11, 100, 0],
      ['importance', 11, 100, 1],
    ]);
    expect([end, images.size]).toEqual(['done', 1]);
  });

  it('reads a run that was killed in the middle of a line, and one that has just begun', async () => {
    await write(`${lines.slice(0, 5).join('\n')}\n{"type":"poi`);
    expect((await readRecord(folder)).methods[0].points).toHaveLength(5);
    await write('');
    expect((await readRecord(folder)).end).toBeUndefined();
  });

  it('keeps seeds apart, and counts those alone that came to their end', async () => {
    const of = (seed: number) =>
      events.filter(({ type }) => type !== 'image' && type !== 'end').map((event) => ({ ...event, seed }));
    const told = [
      ...of(1),
      { type: 'end', seed: 1, reason: 'done' },
      ...of(2),
      { type: 'end', seed: 2, reason: 'done' },
    ];
    const metrics = [...told, ...of(3).slice(0, 50)].map((event) => `${JSON.stringify(event)}\n`).join('');
    await write(metrics);
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, seeds: [1, 2, 3] }));
    const { methods, seeds, end } = await readRecord(folder);
    expect(methods.map(({ points }) => points.length)).toEqual([11, 11]);
    expect(seeds.map(({ seed, methods }) => [seed, ...methods.map(({ steps }) => steps.length)])).toEqual([
      [1, 100, 100],
      [2, 100, 100],
    ]);
    expect(end).toBeUndefined();
  });

  it.each([
    ['{"type":"poi', /JSON/],
    ['null', /it is not an object/],
    ['17', /it is not an object/],
    ['[]', /it is not an object/],
    ['{"type":"toString"}', /no event is of the type "toString"/],
    ['{"type":"point","seconds":1,"step":1,"epoch":0}', /method is not text/],
    ['{"type":"point","method":"uniform","seconds":"1","step":1,"epoch":0}', /seconds is not a number/],
    ['{"type":"scores","method":"uniform","seconds":1,"step":1,"scores":7}', /scores is not a list/],
    ['{"type":"picked","method":"uniform","seconds":1,"step":1,"picked":[null]}', /picked\[0\] is not an object/],
  ])('leaves out and tells a line in the middle that is no event: %s', async (line, why) => {
    await write(`${lines[0]}\n${line}\n${lines[1]}\n`);
    const record = await readRecord(folder);
    expect(record.methods[0].points).toHaveLength(2);
    expect(record.leftOut).toEqual([{ line: 2, why: expect.stringMatching(why) }]);
    expect(summary(record).join(' ')).toMatch(/1 line of metrics\.ndjson is damaged or unknown and left out.*line 2/);
    expect(runReport(record)).toContain('1 line of metrics.ndjson is damaged');
    await expect(RunFolder.openSeeds(folder, { ...config, seeds: [1] })).rejects.toThrow(UnequalError);
  });

  it('gives numbers that are not finite back as they were', async () => {
    const values = [Number.NaN, Infinity, -Infinity, 0.5];
    await write('');
    const open = await RunFolder.reopen(folder);
    for (const trainLoss of values) open.append({ ...(events[0] as PointEvent), trainLoss });
    open.close();
    const { methods } = await readRecord(folder);
    expect(methods[0].points.map(({ trainLoss }) => trainLoss)).toEqual(values);
  });

  it('reads more than a string holds, piece by piece', { timeout: 120_000 }, async () => {
    await write('');
    const metrics = await open(join(folder, 'metrics.ndjson'), 'w');
    await metrics.write(`${lines[0]}\n`);
    // A hole of zeros, that takes no room on the disk, is one damaged line.
    await metrics.truncate(2 ** 29 + 1000);
    await metrics.write(`\n${lines[1]}\n`, 2 ** 29 + 1000);
    await metrics.close();
    const { methods, leftOut } = await readRecord(folder);
    expect(methods[0].points).toHaveLength(2);
    expect(leftOut).toEqual([{ line: 2, why: expect.stringMatching(/longer than 64 MiB/) }]);
  });

  it('refuses what is no file in the place of the events', async () => {
    await write('');
    await rm(join(folder, 'metrics.ndjson'));
    await expect(readRecord(folder)).rejects.toThrow(UnequalError);
    await mkdir(join(folder, 'metrics.ndjson'));
    await expect(readRecord(folder)).rejects.toThrow(/a folder/);
    await rm(join(folder, 'metrics.ndjson'), { recursive: true });
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(folder, 'metrics.ndjson')]);
    await expect(readRecord(folder)).rejects.toThrow(/a named pipe/);
  });

  it('refuses a configuration that lacks a part, whichever', async () => {
    const needed = ['kind', 'title', 'data', 'model', 'methods', 'machine', 'versions', 'seed', 'batchSize'] as const;
    for (const part of needed) {
      await write('');
      await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, [part]: undefined }));
      await expect(readRecord(folder)).rejects.toThrow(new RegExp(`is not a run folder.*${part} is not`));
    }
  });

  it('refuses a damaged configuration and another folder', async () => {
    await write('');
    await writeFile(join(folder, 'config.json'), '{');
    await expect(readRecord(folder)).rejects.toThrow(UnequalError);
    await expect(readRecord(join(folder, 'nowhere'))).rejects.toThrow(/is not a run folder/);
  });
});
