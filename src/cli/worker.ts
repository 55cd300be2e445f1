import { join } from 'node:path';
import { Command } from 'commander';
import { shownUrl } from '../cluster/redis-client.ts';
import { scoringWorker } from '../cluster/scoring-worker.ts';
import type { Engine } from '../fit/options.ts';
import { counted } from '../plural.ts';
import { printable } from '../printable.ts';
import { duration } from '../report/format.ts';
import type { JobOutcome } from '../sweep/job-runner.ts';
import { checkName } from '../sweep/sweep-config.ts';
import type { SweepJob } from '../sweep/sweep-job.ts';
import { sweepWorker } from '../sweep/sweep-worker.ts';
import { engineOption, jsonOption, option, pathOption, quietOption, samplesOption, seedOption } from './arguments.ts';
import { type DataArguments, dataOption, ownDataOptions } from './data-options.ts';
import type { ExitCode, Io } from './io.ts';
import { redisOption, requiredServer, runOption } from './redis-options.ts';
import { dataTeller } from './sweep-data.ts';
import { savedInputShape } from './trainable.ts';
import { trainingData } from './training-data.ts';
import { modelOption } from './training-options.ts';

interface WorkerOptions extends DataArguments {
  readonly redis?: string;
  readonly run: string;
  readonly engine: Engine;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly sweep?: boolean;
  readonly out?: string;
}

/** `unequal worker`: scores samples for the master of a run until that ends. */
export function workerCommand(io: Io, end: (code: ExitCode) => void): Command {
  const command = new Command('worker').description(
    'work for a run on another process or machine: score samples for distributedImportance, or train runs of a sweep',
  );
  return [modelOption(), dataOption(), ...ownDataOptions()]
    .reduce((one, option) => one.addOption(option), command)
    .addOption(option('--sweep', 'train runs of the sweep of this name'))
    .addOption(pathOption('--out <folder>', 'of a sweep: where its runs are (default: runs/<name of the sweep>)'))
    .addOption(redisOption())
    .addOption(runOption().default('default'))
    .addOption(samplesOption())
    .addOption(seedOption())
    .addOption(engineOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async ({ redis, run, engine, json, quiet, sweep, out, ...given }: WorkerOptions) => {
      const url = requiredServer(redis);
      const begun = performance.now();
      const say = (words: string) => quiet || io.stderr.write(`${words}\n`);
      say(`Working for the run ${printable(run)} at ${shownUrl(url)}. Ctrl-C ends this worker.`);
      if (sweep) {
        const folder = out ?? join('runs', checkName(run));
        const place = { folder, program: process.argv[1], signal: io.signal, dataOf: dataTeller() };
        const told = ({ id, epochs }: SweepJob, outcome: JobOutcome) =>
          say(`Run ${id} to epoch ${epochs}: ${'failed' in outcome ? printable(outcome.failed) : 'done'}`);
        const count = await sweepWorker(url, run, place, told, say);
        io.stdout.write(json ? `${JSON.stringify({ runs: count })}\n` : `${counted(count, 'run')}\n`);
        return;
      }
      // As train reads it, so that the samples are the same ones.
      const shape = given.model === undefined ? undefined : await savedInputShape(given.model);
      const { train } = await trainingData(given, shape);
      let scored = 0;
      let told = begun;
      const done = await scoringWorker(undefined, train, {
        ...{ url, run, engine, signal: io.signal },
        onRange: ({ samples: count, version }) => {
          scored += count;
          const now = performance.now();
          if (now - told < 10_000) return;
          told = now;
          const rate = Math.round((1000 * scored) / (now - begun));
          say(`${counted(scored, 'score')}, ${rate} a second, by the parameters of step ${version}`);
        },
        onTrouble: (words) => io.stderr.write(`${words}\n`),
      });
      const seconds = (performance.now() - begun) / 1000;
      if (json) io.stdout.write(`${JSON.stringify({ ...done, seconds })}\n`);
      else
        io.stdout.write(
          `${counted(done.samples, 'score')} of ${counted(done.ranges, 'range')} in ${duration(seconds)}\n`,
        );
      if (io.signal.aborted) end(130);
    });
}
