import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../../../dist/cli.mjs');
const root = mkdtempSync(join(tmpdir(), 'unequal-two-workers-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('two processes make the runs that one would make, and end', () => {
  const runs = (workers: number, ...more: string[]) => {
    const out = join(root, String(workers));
    const command = ['experiment', 'target', '--smoke', '--only', 'mnist', '--clock', 'counted', '--seeds', '1'];
    const words = [...command, '--workers', String(workers), '--out', out, ...more];
    const { status, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', timeout: 200_000 });
    expect(stderr).not.toMatch(/has ended|left out/);
    expect(status).toBe(0);
    const lines = readFileSync(join(out, 'runs.ndjson'), 'utf8').trimEnd().split('\n');
    const records = lines.map((line) => ({ ...JSON.parse(line), machineSeconds: 0 }));
    return new Map(records.map((record) => [`${record.method} ${record.budget} ${record.seed}`, record]));
  };
  const together = runs(2);
  expect(together.size).toBe(4);
  // Uniform's runs and the measured costs are taken over; what is made anew is equal.
  const alone = runs(1, '--from', join(root, '2'));
  expect(alone).toEqual(together);
}, 500_000);
