import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fault } from '../../../src/errors.ts';
import { type Maker, runTarget, TargetFolder } from '../../../src/experiments/target/run-target.ts';
import { workloadNamed } from '../../../src/experiments/target/workloads/index.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** What is said of one workload whose data fails in such a way. */
async function said(error: Error): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'unequal-target-'));
  folders.push(folder);
  const lines: string[] = [];
  const maker: Maker = {
    load: () => Promise.reject(error),
    calibrate: () => Promise.reject(new Error('not reached')),
    make: () => Promise.reject(new Error('not reached')),
    close: () => {},
  };
  const plan = {
    ...{ workloads: [workloadNamed('mnist')], methods: ['uniform'], seeds: 1, budgets: [1], times: 1, search: false },
  };
  const context = { signal: new AbortController().signal, say: (line: string) => lines.push(line) };
  await runTarget(plan, new TargetFolder(folder, { clock: 'counted', times: 1, few: true }), [maker], context);
  return lines;
}

describe('a workload whose data cannot be had', () => {
  it('is left out, which is said', async () => {
    const lines = await said(fault({ wrong: 'no such data', mend: 'fetch it' }));
    expect(lines).toEqual(['mnist is left out: no such data: fetch it']);
  });

  it('is no excuse for a fault of the program', async () => {
    await expect(said(new TypeError('x is undefined'))).rejects.toThrow('x is undefined');
  });
});
