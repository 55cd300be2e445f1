import { Command } from 'commander';
import { shownUrl } from '../cluster/redis-client.ts';
import { fault } from '../errors.ts';
import { printable } from '../printable.ts';
import { duration } from '../report/format.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import { readConfig } from '../report/record.ts';
import {
  batchSizeOption,
  engineOption,
  jsonOption,
  methodOption,
  numberOption,
  option,
  outOption,
  pathOption,
  presampleOption,
  quietOption,
  samplesOption,
  secondsOption,
  seedOption,
  serveOption,
  testSamplesOption,
  watchOption,
} from './arguments.ts';
import { trainMethodName } from './distributed.ts';
import { type ExitCode, type Io, roomOf } from './io.ts';
import { quoted } from './machine.ts';
import { clusterOption, redisOption, runOption, serverOf } from './redis-options.ts';
import { checkBudget } from './resumed-budget.ts';
import { resultText } from './text-table.ts';
import { type ClusterArguments, clusterOf, isLedAt, joinRun } from './together.ts';
import type { OpenArguments, TrainArguments } from './train-arguments.ts';
import { withTrainingOptions } from './training-options.ts';
import { TrainingRun } from './training-run.ts';

export interface TrainOptions extends OpenArguments, Omit<ClusterArguments, 'run' | 'workers'> {
  readonly resume?: string;
  readonly redis?: string;
  readonly cluster?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly watch?: boolean;
  readonly serve?: boolean;
}

/** `unequal train`: one method on a saved model and a data set, with checkpoints. */
export function trainCommand(io: Io, end: (code: ExitCode) => void): Command {
  const command = new Command('train').description('train a model by importance on a data set, or on data of your own');
  return withTrainingOptions(command)
    .addOption(
      option('--method <name>', 'see unequal methods; distributedImportance: see docs/cluster.md')
        .argParser(trainMethodName)
        .default('importance'),
    )
    .addOption(
      numberOption('epochs', 'epochs to train (default: as long as --seconds; else 1, or 20 of data of your own)'),
    )
    .addOption(secondsOption('training seconds'))
    .addOption(batchSizeOption().default(64))
    .addOption(presampleOption())
    .addOption(methodOption())
    .addOption(numberOption('checkpoint-every', 'steps between checkpoints (default: one an epoch)'))
    .addOption(
      pathOption('--resume <folder>', 'go on with a run: all but --epochs and --seconds is taken from its folder'),
    )
    .addOption(seedOption())
    .addOption(samplesOption())
    .addOption(testSamplesOption())
    .addOption(engineOption())
    .addOption(redisOption())
    .addOption(runOption())
    .addOption(
      numberOption(
        'workers',
        'scoring workers to start here; with --cluster: other processes to wait for at the start',
      ),
    )
    .addOption(clusterOption())
    .addOption(numberOption('every', 'with --cluster: steps from one round to the next (default: 1)'))
    .addOption(
      option('--outer <name>', 'with --cluster and --every: what is made of the rounds').choices(['average', 'diloco']),
    )
    .addOption(outOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .addOption(watchOption())
    .addOption(serveOption())
    .action(async (options: TrainOptions, command: Command) => {
      const redis = serverOf(options.redis);
      const url = options.cluster === undefined ? undefined : serverOf(options.cluster);
      if (url !== undefined && options.resume === undefined && (await isLedAt(url, options.run))) {
        const joined = await joinRun(url, options, io, options.quiet);
        if (joined !== undefined) {
          io.stdout.write(options.json ? `${JSON.stringify(joined)}\n` : `Trained along to epoch ${joined.epochs}\n`);
          if (io.signal.aborted) end(130);
          return;
        }
        if (!options.quiet)
          io.stderr.write('That run has ended before this process was in: it begins one of its own.\n');
      }
      const training = await (options.resume === undefined
        ? TrainingRun.start(options, options.out, redis, clusterOf(url, options))
        : resumed(options, command, redis, url));
      if (!options.quiet) io.stderr.write(`${training.announcement().map(printable).join('\n')}\n`);
      const address = url === undefined ? undefined : shownUrl(url);
      if (address !== undefined && !options.quiet) {
        const others = options.workers ? `; waits for ${options.workers} more` : '';
        io.stderr.write(`leads the run ${printable(training.run ?? 'default')} at ${printable(address)}${others}\n`);
      }
      const { folder, record, results, stopped, traffic } = await training.go(io, options);
      if (url !== undefined && !options.quiet) {
        io.stderr.write(`${traffic.words()}\n`);
      }
      if (options.json)
        io.stdout.write(
          `${JSON.stringify({ folder, config: record.config, end: record.end, results }, numbersAsWords)}\n`,
        );
      else {
        const [{ seconds }] = results;
        const shown = printable(folder);
        io.stdout.write(
          `\n${resultText(results, roomOf(io.stdout))}\nAfter ${duration(seconds)}: ${shown}/model/model.json, ${shown}/report.html\n`,
        );
        if (stopped) io.stdout.write(`${goOnWith(folder, options)}\n`);
      }
      if (stopped) end(130);
    });
}

/** The command that goes on with a run as it was, without user and password of its server. */
function goOnWith(folder: string, { redis, cluster }: TrainOptions): string {
  const servers = Object.entries({ redis, cluster }).flatMap(([name, url]) =>
    url === undefined ? [] : [{ name, url }],
  );
  const words = servers.map(({ name, url }) => ` --${name} ${quoted(shownUrl(url))}`);
  const line = `Go on with: unequal train --resume ${quoted(folder)}${words.join('')}`;
  const hides = servers.some(({ url }) => new URL(url).username + new URL(url).password !== '');
  return hides ? `${line}\nUser and password of the server are left out: put them into the address again` : line;
}

/** Continues a run with the arguments of its folder. @throws UnequalError for others that would make it another run. */
async function resumed(options: TrainOptions, command: Command, redis?: string, url?: string): Promise<TrainingRun> {
  const folder = options.resume as string;
  const { kind, arguments: saved } = await readConfig(folder);
  if (kind !== 'train' || saved === undefined) {
    throw fault({
      wrong: `${folder} cannot be resumed`,
      got: `the folder of a ${kind}`,
      expected: 'one of unequal train',
    });
  }
  const free = ['resume', 'redis', 'cluster', 'workers', 'epochs', 'seconds', 'json', 'quiet', 'watch', 'serve'];
  for (const { attributeName, long } of command.options.map((one) => ({
    attributeName: one.attributeName(),
    long: one.long,
  }))) {
    if (free.includes(attributeName) || command.getOptionValueSource(attributeName) !== 'cli') continue;
    throw fault({
      wrong: `${long} does not go with --resume`,
      expected: 'only --epochs and --seconds',
      mend: `leave it out: it is taken from ${folder}`,
    });
  }
  const { epochs, seconds } = options;
  const budget = epochs === undefined && seconds === undefined ? {} : { epochs, seconds };
  const args = saved as unknown as TrainArguments;
  await checkBudget(folder, budget, args);
  if (url !== undefined && (await isLedAt(url, args.run))) {
    throw fault({
      wrong: `${folder} cannot be gone on with`,
      got: 'a run that another process leads',
      expected: 'one that nobody leads by now',
      mend: 'end that process first, or leave out --resume to join it',
    });
  }
  const cluster = url === undefined ? undefined : clusterOf(url, { ...args, workers: options.workers ?? 0 });
  const { workers = args.workers } = options;
  return TrainingRun.resume(folder, { ...args, ...budget, workers }, redis, cluster);
}
