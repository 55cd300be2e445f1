import { join } from 'node:path';
import { Command } from 'commander';
import { shownUrl } from '../cluster/redis-client.ts';
import { holdFolder } from '../lock/hold-folder.ts';
import { counted } from '../plural.ts';
import { printable } from '../printable.ts';
import { type JobRunner, localRunner } from '../sweep/job-runner.ts';
import { queueRunner } from '../sweep/queue.ts';
import { jobsOf, lossesCompare, type SweepRow, sweep } from '../sweep/sweep.ts';
import { readSweep, rungs, type SweepConfig } from '../sweep/sweep-config.ts';
import { checkRuns } from '../sweep/sweep-job.ts';
import { writeWhole } from '../whole-file.ts';
import { jsonOption, numberOption, pathOption, quietOption } from './arguments.ts';
import type { ExitCode, Io } from './io.ts';
import { quoted } from './machine.ts';
import { redisOption, serverOf } from './redis-options.ts';
import { planSweep } from './sweep-plan.ts';
import { sweepReport, sweepText } from './sweep-table.ts';

interface SweepArguments {
  readonly redis?: string;
  readonly parallel: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `unequal sweep`: many runs of `unequal train`, here or by workers, and one report that compares them. */
export function sweepCommand(io: Io, end: (code: ExitCode) => void): Command {
  return new Command('sweep')
    .description(
      'train many times with other options (grid, random, successive halving) and compare; see docs/cluster.md',
    )
    .argument('<config.yaml>', 'what is tried')
    .addOption(redisOption())
    .addOption(numberOption('parallel', 'runs at a time, without a server').default(1))
    .addOption(pathOption('--out <folder>', 'where the runs are (default: runs/<name of the sweep>)'))
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (path: string, { redis, parallel, out, json, quiet }: SweepArguments) => {
      const config = await readSweep(path);
      const url = serverOf(redis);
      const folder = out ?? join('runs', config.name);
      const hold = await holdFolder(folder);
      let runner: JobRunner | undefined;
      try {
        const { runs: planned, repeated } = await planSweep(config, path);
        const say = (words: string) => quiet || io.stderr.write(`${words}\n`);
        if (repeated > 0)
          say(
            `${counted(repeated, 'run has', 'runs have')} the options of another, and ${repeated === 1 ? 'is' : 'are'} trained once with it`,
          );
        const [epochs] = rungs(config, planned.length);
        const before = await checkRuns(jobsOf(config, planned, epochs), folder);
        const runs = planned.map((run, id) => ({ ...run, before: before[id] }));
        const place = { folder, program: process.argv[1], signal: io.signal };
        runner =
          url === undefined
            ? localRunner(place, parallel, config.attempts)
            : await queueRunner({ url, name: config.name, attempts: config.attempts, signal: io.signal, say });
        if (url !== undefined) {
          say(`Runs wait at ${shownUrl(url)} for: ${workerWords(config.name, out)}`);
          // A worker has a folder of its own: it may be on another machine.
          if (out !== undefined)
            say(`A worker without that --out has its runs in ${printable(join('runs', config.name))}`);
        }
        const rows = await sweep(
          config,
          runs,
          runner,
          (now) => say(`\n${sweepText(now, io.stderr).trimEnd()}`),
          io.signal,
        );
        await writeWhole(join(folder, 'sweep.json'), `${JSON.stringify({ config, rows }, null, 2)}\n`);
        const notes = notesOn(config, rows);
        await writeWhole(join(folder, 'report.html'), sweepReport(config.name, rows, folder, notes));
        if (json) io.stdout.write(`${JSON.stringify({ folder, rows })}\n`);
        else {
          io.stdout.write(`\n${sweepText(rows, io.stdout)}\n${notes.map((note) => `${note}\n`).join('')}`);
          io.stdout.write(`${printable(folder)}/report.html\n`);
        }
        if (io.signal.aborted) {
          if (!json) io.stdout.write(`Go on with: ${goOn(path, folder, { redis, parallel })}\n`);
          end(130);
        } else if (rows.some(({ failed }) => failed !== undefined)) end(1);
      } finally {
        await runner?.close();
        hold.release();
      }
    });
}

/** The command of a worker whose runs are where those of the sweep are. */
const workerWords = (name: string, out: string | undefined) =>
  ['unequal', 'worker', '--sweep', '--run', name, ...(out === undefined ? [] : ['--out', out])].map(quoted).join(' ');

/** What the numbers do not say by themselves. */
function notesOn(config: SweepConfig, rows: readonly SweepRow[]): string[] {
  const failed = rows.filter((row) => row.failed !== undefined).length;
  const compares = lossesCompare(config);
  return [
    ...(failed > 0 ? [`${failed} of ${rows.length} runs failed.`] : []),
    ...(compares
      ? []
      : ['Losses of other losses or targets do not compare: runs are in the order of their test error alone.']),
  ];
}

/** The command that goes on with a sweep as it was started. What of an address is secret is shown nowhere. */
function goOn(path: string, folder: string, { redis, parallel }: Pick<SweepArguments, 'redis' | 'parallel'>): string {
  const words = ['unequal', 'sweep', path, '--out', folder, ...(parallel > 1 ? ['--parallel', `${parallel}`] : [])];
  if (redis === undefined) return words.map(quoted).join(' ');
  const { username, password } = new URL(redis);
  const secret = username !== '' || password !== '' ? ' (user and password are left out of the address)' : '';
  return `${[...words, '--redis', shownUrl(redis)].map(quoted).join(' ')}${secret}`;
}
