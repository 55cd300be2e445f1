import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnequalError } from '../../src/errors.ts';
import { readRecord } from '../../src/report/record.ts';
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

  it('refuses a damaged line, a damaged configuration and another folder', async () => {
    await write(`${lines[0]}\n{"type":"poi\n${lines[1]}\n`);
    await expect(readRecord(folder)).rejects.toThrow(/line 2 of .*metrics\.ndjson is damaged/);
    await writeFile(join(folder, 'config.json'), '{');
    await expect(readRecord(folder)).rejects.toThrow(UnequalError);
    await expect(readRecord(join(folder, 'nowhere'))).rejects.toThrow(/is not a run folder/);
  });
});
