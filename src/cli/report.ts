import { Command } from 'commander';
import { readRecord } from '../report/record.ts';
import { resultRows } from '../report/results.ts';
import { jsonOption } from './arguments.ts';
import type { Io } from './io.ts';
import { writeReport } from './run-folder.ts';
import { seedsJson, seedsText } from './seeds.ts';
import { resultText } from './text-table.ts';

/** `unequal report RUN_FOLDER`. */
export function reportCommand(io: Io): Command {
  return new Command('report')
    .description('make report.html of a run folder anew; the run may be finished, killed or going on')
    .argument('<folder>', 'the run folder')
    .addOption(jsonOption())
    .action(async (folder: string, { json }: { json?: boolean }) => {
      const report = await writeReport(folder);
      const record = await readRecord(folder);
      const results = resultRows(record);
      if (json) io.stdout.write(`${JSON.stringify({ report, results, seeds: seedsJson(record) })}\n`);
      else io.stdout.write(`${seedsText(record) || resultText(results)}\n${report}\n`);
    });
}
