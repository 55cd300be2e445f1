import { Command } from 'commander';
import { printable } from '../printable.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import { leftOutText } from '../report/left-out.ts';
import { readRecord } from '../report/record.ts';
import { resultRows } from '../report/results.ts';
import { unfinishedText } from '../report/unfinished.ts';
import { jsonOption } from './arguments.ts';
import { type Io, roomOf } from './io.ts';
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
      for (const said of [unfinishedText(record), leftOutText(record.leftOut ?? [])]) {
        if (said) io.stderr.write(`${printable(said)}\n`);
      }
      if (json)
        io.stdout.write(
          `${JSON.stringify({ report, end: record.end, results, seeds: seedsJson(record), leftOut: record.leftOut }, numbersAsWords)}\n`,
        );
      else io.stdout.write(`${seedsText(record) || resultText(results, roomOf(io.stdout))}\n${report}\n`);
    });
}
