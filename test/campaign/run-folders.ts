import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { main } from '../../src/cli/cli.ts';
import { writeReport } from '../../src/cli/run-folder.ts';
import { seedsJson, seedsText } from '../../src/cli/seeds.ts';
import { resultText } from '../../src/cli/text-table.ts';
import type { State } from '../../src/methods/method.ts';
import { readRecord } from '../../src/report/record.ts';
import { resultRows } from '../../src/report/results.ts';
import { summary } from '../../src/report/summary.ts';
import type { Random } from '../../src/sampling/random.ts';
import { type Family, Lost, pick } from './family.ts';
import { mutateBytes, mutateState } from './mutate.ts';

/** A run folder that was changed has a report, or is refused. */
export const runFolders: Family = {
  name: 'mutated run folders',
  trials: 3000,
  start: async (folder) => {
    const at = join(folder, 'run');
    const said: string[] = [];
    const out = { write: (text: string) => said.push(text) };
    const race = ['race', '--methods', 'uniform,paper2018', '--seconds', '0.5', '--seeds', '2', '--samples', '400'];
    const small = ['--test-samples', '100', '--batch-size', '20', '--option', 'threshold=1.01', '--quiet', '--out', at];
    const signal = new AbortController().signal;
    const code = await main([...race, ...small], { stdout: out, stderr: out, signal });
    if (code !== 0) throw new Error(said.join(''));
    const [config, metrics] = ['config.json', 'metrics.ndjson'].map((name) => {
      const path = join(at, name);
      return { path, bytes: readFileSync(path) };
    });
    const lines = metrics.bytes.toString().trim().split('\n');
    return async (random) => {
      writeFileSync(config.path, config.bytes);
      writeFileSync(metrics.path, metrics.bytes);
      let damaged = 0;
      const kind = random.integer(5);
      if (kind === 0) writeFileSync(config.path, mutateBytes(random, config.bytes));
      else if (kind === 1) writeFileSync(metrics.path, mutateBytes(random, metrics.bytes));
      else if (kind === 2) writeFileSync(config.path, changed(random, config.bytes.toString()));
      else {
        const told = lines.map((line) => (random.integer(20) === 0 ? changed(random, line) : line));
        const junk = ['null', '17', '[]', '{}', '"x"', '{"type":"other"}', '{"type":"constructor"}', '\u0000', '{'];
        for (let k = random.integer(3); k > 0; k--, damaged++)
          told.splice(random.integer(told.length), 0, pick(random, junk));
        writeFileSync(metrics.path, `${told.join('\n')}\n`);
      }
      await writeReport(at);
      const record = await readRecord(at);
      const shown = resultText(resultRows(record)) + seedsText(record) + summary(record).join(' ');
      JSON.stringify(seedsJson(record));
      if (shown === '') throw new Lost('nothing is said of it');
      if ((record.leftOut?.length ?? 0) < damaged) throw new Lost('damaged lines are not told');
      return 'ok';
    };
  },
};

/** A line of JSON with one of its values replaced, left out or added. */
function changed(random: Random, json: string): string {
  const { state } = mutateState(random, JSON.parse(json) as State);
  return JSON.stringify(state, (_, value) => (typeof value === 'bigint' ? Number(value) : value)) ?? 'null';
}
