/** Runs of one small table, and what is left of one whose process is killed. */
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { run } from './run.ts';

/** Writes a table of two columns of numbers and one of classes; its path. */
export function table(folder: string): string {
  const path = join(folder, 'data.csv');
  const rows = Array.from({ length: 200 }, (_, k) => `${k % 17},${(k * 7) % 13},${k % 17 > 8 ? 'a' : 'b'}`);
  writeFileSync(path, `x,y,label\n${rows.join('\n')}\n`);
  return path;
}

/** A run of 12 epochs of 8 steps. */
export const train = (data: string, out: string, ...more: string[]) => [
  ...['train', '--data', data, '--epochs', '12', '--batch-size', '20', '--seed', '3', '--engine', 'eager'],
  ...['--method', 'uniform', '--quiet', '--out', out, ...more],
];

/** How many epochs a folder tells of. */
export const epochsIn = (folder: string) => {
  const metrics = join(folder, 'metrics.ndjson');
  return existsSync(metrics) ? readFileSync(metrics, 'utf8').split('"type":"point"').length - 1 : -1;
};

/** What a process leaves that is killed as soon as `there` is true of its folder. */
export async function killed(
  words: readonly string[],
  folder: string,
  there: () => boolean,
  left: string,
): Promise<string> {
  const controller = new AbortController();
  const going = run(words, controller.signal);
  while (!there()) await turn();
  cpSync(folder, left, { recursive: true });
  for (const lock of ['run.lock', 'checkpoint.lock']) rmSync(join(left, lock), { force: true });
  controller.abort();
  await going;
  return left;
}
