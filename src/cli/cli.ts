import * as tf from '@tensorflow/tfjs';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { version } from '../../package.json';
import { UnequalError } from '../errors.ts';
import { adviseCommand } from './advise.ts';
import { clusterCommand } from './cluster.ts';
import { dataCommand } from './data.ts';
import { experimentCommand } from './experiment.ts';
import { inspectCommand } from './inspect.ts';
import { type ExitCode, guarded, type Io } from './io.ts';
import { methodsCommand } from './methods.ts';
import { playCommand } from './play.ts';
import { predictCommand } from './predict.ts';
import { raceCommand } from './race.ts';
import { rateCommand } from './rate.ts';
import { reportCommand } from './report.ts';
import { sweepCommand } from './sweep.ts';
import { trainCommand } from './train.ts';
import { workerCommand } from './worker.ts';

const commands = [
  ...[raceCommand, trainCommand, predictCommand, adviseCommand, rateCommand, reportCommand, inspectCommand],
  ...[experimentCommand, methodsCommand, dataCommand, playCommand],
  ...[sweepCommand, workerCommand, clusterCommand],
];

/** Runs one command line, without the names of node and the program. Never throws; see {@link ExitCode}. */
export async function main(argv: readonly string[], given: Io): Promise<ExitCode> {
  const io: Io = { ...given, stdout: guarded(given.stdout), stderr: guarded(given.stderr) };
  // Otherwise TensorFlow.js advises on every run to install its native add-on, which this package replaces.
  tf.enableProdMode();
  let code: ExitCode = 0;
  const end = (with_: ExitCode) => {
    code = with_;
  };
  try {
    await programOf(io, end).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    // What commander throws itself it has printed.
    if (error instanceof InvalidArgumentError) io.stderr.write(`${error.message}\n`);
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const debug = argv.includes('--debug');
    if (error instanceof UnequalError && !debug) io.stderr.write(`${error.message}\n`);
    else io.stderr.write(`${(error as Error).stack ?? error}\n`);
    return 1;
  }
}

/** The program with all its commands, which write to `io`. */
export function programOf(io: Io, end: (code: ExitCode) => void): Command {
  const program = new Command('unequal')
    .description('Train TensorFlow.js models on the samples that matter.')
    .version(version)
    .option('--debug', 'show where an error was thrown');
  for (const make of commands) program.addCommand(make(io, end));
  program.addHelpText('after', '\nunequal COMMAND --help says what a command takes.');
  setUp(program, io);
  return program;
}

/** Has a command and those below it write to `io` and throw where they would end the process. */
function setUp(command: Command, io: Io): void {
  command
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    })
    .showHelpAfterError('(--help says what it takes)');
  for (const below of command.commands) setUp(below, io);
}
