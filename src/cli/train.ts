import { Command } from 'commander';
import { Lead } from '../cluster/parallel/lead.ts';
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
import { type ClusterArguments, clusterOf, leadOrJoin, takeLead } from './together.ts';
import type { OpenArguments, TrainArguments } from './train-arguments.ts';
import { withTrainingOptions } from './training-options.ts';
import { resumeParts, startParts } from './training-parts.ts';
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
    .addOption(secondsOption('training seconds: validation and checkpoints take none of them'))
    .addOption(batchSizeOption().default(64))
    .addOption(presampleOption())
    .addOption(methodOption())
    .addOption(numberOption('checkpoint-every', 'steps between checkpoints (default: an epoch, and a second or more)'))
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
      const saved = options.resume === undefined ? undefined : await savedArguments(options.resume, options, command);
      const lead = url === undefined ? undefined : await leadOf(url, saved, options, io);
      if (lead !== undefined && !(lead instanceof Lead)) {
        io.stdout.write(options.json ? `${JSON.stringify(lead)}\n` : `Trained along to epoch ${lead.epochs}\n`);
        if (io.signal.aborted) end(130);
        return;
      }
      try {
        const asSaved = saved && url !== undefined ? { ...saved, workers: options.workers ?? 0 } : {};
        const cluster = clusterOf(url, saved ? asSaved : options, { lead });
        const parts = await (saved === undefined
          ? startParts(options, options.out, redis, cluster)
          : resumeParts(options.resume!, { ...saved, workers: options.workers ?? saved.workers }, redis, cluster));
        await trained(new TrainingRun(parts), url, options, io, end);
      } finally {
        await lead?.release();
      }
    });
}

/** The lead of a run of several, or what this process has come to in that of another. @throws UnequalError if that cannot be. */
function leadOf(url: string, saved: TrainArguments | undefined, options: TrainOptions, io: Io) {
  return saved === undefined ? leadOrJoin(url, options, io, options.quiet) : leadAgain(url, options.resume!, saved.run);
}

/** Trains to the end, and says what has come of it. */
async function trained(
  training: TrainingRun,
  url: string | undefined,
  options: TrainOptions,
  io: Io,
  end: (code: ExitCode) => void,
): Promise<void> {
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
    io.stdout.write(`${JSON.stringify({ folder, config: record.config, end: record.end, results }, numbersAsWords)}\n`);
  else {
    const [{ seconds }] = results;
    const shown = printable(folder);
    io.stdout.write(
      `\n${resultText(results, roomOf(io.stdout))}\nAfter ${duration(seconds)}: ${shown}/model/model.json, ${shown}/report.html\n`,
    );
    if (stopped) io.stdout.write(`${goOnWith(folder, options)}\n`);
  }
  if (stopped) end(130);
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

/** The lead of a run that is gone on with. @throws UnequalError where another process leads it. */
async function leadAgain(url: string, folder: string, run: string | undefined): Promise<Lead> {
  const lead = await takeLead(url, run);
  if (lead !== undefined) return lead;
  throw fault({
    wrong: `${folder} cannot be gone on with`,
    got: 'a run that another process leads',
    expected: 'one that nobody leads by now',
    mend: 'end that process first, or leave out --resume to join it',
  });
}

/** The arguments of the folder of a run that is gone on with. @throws UnequalError for others that would make it another run. */
async function savedArguments(folder: string, options: TrainOptions, command: Command): Promise<TrainArguments> {
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
  return { ...args, ...budget };
}
