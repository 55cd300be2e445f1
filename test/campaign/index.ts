import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Line, runFamily } from './driver.ts';
import { families } from './families.ts';
import { bad } from './family.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    trials: { type: 'string' },
    jobs: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const jobs = Number(values.jobs ?? availableParallelism());
const trials = values.trials === undefined ? undefined : Number(values.trials);
const columns = ['ok', 'refused', 'foreign', 'hang', 'lost'] as const;
const script = join(import.meta.dirname, 'trials.mjs');

console.log(`seed ${seed}`);
console.log(['', ...columns, 's'].map((word, k) => (k === 0 ? word.padEnd(34) : word.padStart(8))).join(''));
const lines: Line[] = [];
for (const family of families) {
  const asked = values.only?.some((part) => family.name.includes(part)) ?? !family.alone;
  if (!asked) continue;
  const begun = performance.now();
  const line = await runFamily(family, { seed, trials, jobs, script });
  lines.push(line);
  const counts = columns.map((column) => `${line.counts[column]}`.padStart(8)).join('');
  const seconds = `${Math.round((performance.now() - begun) / 1000)}`.padStart(8);
  console.log(line.name.padEnd(34) + (line.skipped === undefined ? counts + seconds : `  not run: ${line.skipped}`));
  for (const [trial, detail] of [...line.details].slice(0, 5)) console.log(`  ${trial}: ${detail}`);
}
process.exitCode = lines.some(({ counts }) => bad.some((outcome) => counts[outcome] > 0)) ? 1 : 0;
