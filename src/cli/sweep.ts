import { join } from 'node:path';
import { Command } from 'commander';
import { shownUrl } from '../cluster/redis-client.ts';
import { holdFolder } from '../lock/hold-folder.ts';
import { printable } from '../printable.ts';
import { number, percent } from '../report/format.ts';
import { html } from '../report/html.ts';
import { page } from '../report/page.ts';
import { table } from '../report/table.ts';
import { type JobRunner, localRunner } from '../sweep/job-runner.ts';
import { queueRunner } from '../sweep/queue.ts';
import { jobsOf, rowsOf, type SweepRow, sweep } from '../sweep/sweep.ts';
import { combinations, distinct, readSweep, rungs } from '../sweep/sweep-config.ts';
import { checkRuns } from '../sweep/sweep-job.ts';
import { writeWhole } from '../whole-file.ts';
import { jsonOption, numberOption, pathOption, quietOption } from './arguments.ts';
import type { ExitCode, Io } from './io.ts';
import { quoted } from './machine.ts';
import { redisOption, serverOf } from './redis-options.ts';
import { checkNames, checkValues, isWhole } from './sweep-options.ts';
import { textTable } from './text-table.ts';

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
      checkNames(config, path);
      const all = combinations(config, isWhole);
      const runs = distinct(all);
      checkValues(
        runs.map((options) => ({ ...config.train, ...options })),
        path,
      );
      const url = serverOf(redis);
      const folder = out ?? join('runs', config.name);
      const hold = await holdFolder(folder);
      let runner: JobRunner | undefined;
      try {
        const [epochs] = rungs(config, runs.length);
        await checkRuns(jobsOf(config, rowsOf(runs), epochs), folder);
        if (runs.length < all.length && !quiet) {
          io.stderr.write(`${all.length} runs are ${runs.length}: those of the same options are trained once\n`);
        }
        const place = { folder, program: process.argv[1], signal: io.signal };
        runner =
          url === undefined
            ? localRunner(place, parallel, config.attempts)
            : await queueRunner(url, config.name, config.attempts, io.signal);
        if (url !== undefined && !quiet) {
          io.stderr.write(`Runs wait at ${shownUrl(url)} for: unequal worker --sweep --run ${config.name}\n`);
        }
        const rows = await sweep(
          config,
          runs,
          runner,
          (now) => quiet || io.stderr.write(`\n${textOf(now)}`),
          io.signal,
        );
        await writeWhole(join(folder, 'sweep.json'), `${JSON.stringify({ config, rows }, null, 2)}\n`);
        await writeWhole(join(folder, 'report.html'), reportOf(config.name, rows));
        if (json) io.stdout.write(`${JSON.stringify({ folder, rows })}\n`);
        else io.stdout.write(`\n${textOf(rows)}\n${printable(folder)}/report.html\n`);
        if (io.signal.aborted) {
          if (!json) io.stdout.write(`Go on with: unequal sweep ${quoted(path)} --out ${quoted(folder)}\n`);
          end(130);
        } else if (rows.every(({ result }) => result === undefined)) end(1);
      } finally {
        await runner?.close();
        hold.release();
      }
    });
}

const titles = ['run', 'options', 'epochs', 'training loss', 'test loss', 'test error', 'state'];

function cells({ id, options, result, failed, dropped }: SweepRow): string[] {
  const words = Object.entries(options).map(([name, value]) => `${name} ${value}`);
  const why = failed?.replace(/^run \d+ of the sweep failed: got /, '').slice(0, 80);
  const state = failed === undefined ? (dropped ? 'dropped' : result ? 'done' : 'waits') : `failed: ${why}`;
  const { epochs = 0, trainLoss, testLoss, testError } = result ?? {};
  return [`${id}`, words.join(', '), `${epochs}`, number(trainLoss), number(testLoss), percent(testError), state];
}

const textOf = (rows: readonly SweepRow[]) => textTable([titles, ...rows.map(cells)], [1, 6]);

/** One page that compares the runs, each with a link to its own report. */
function reportOf(name: string, rows: readonly SweepRow[]): string {
  const link = ([id]: string[]) => html`<a href="run-${id}/report.html">${id}</a>`;
  const columns = titles.map((title, k) => ({
    title,
    kind: title === 'options' || title === 'state' ? ('text' as const) : undefined,
    cell: (row: string[]) => (k === 0 ? link(row) : row[k]),
  }));
  const body = table(columns, rows.map(cells));
  return page({ title: `Sweep ${name}`, body });
}
