import { Argument, Command, InvalidArgumentError } from 'commander';
import { fault } from '../errors.ts';
import type { Experiment, Presentation, Scale } from '../experiments/experiment.ts';
import { experimentNamed, experiments } from '../experiments/index.ts';
import { runExperiment } from '../experiments/run.ts';
import { printable } from '../printable.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import { choice, jsonOption, numberOption, option, outOption, quietOption, secondsOption } from './arguments.ts';
import { inFolder } from './default-folder.ts';
import { type ExitCode, type Io, roomOf } from './io.ts';
import { commandLine, machine } from './machine.ts';
import { presentationText } from './presentation-text.ts';
import { sensitivityCommand } from './sensitivity.ts';
import { targetCommand } from './target.ts';
import { textTable } from './text-table.ts';
import { wrap } from './wrap.ts';

interface ExperimentOptions {
  readonly scale: Scale;
  readonly seconds?: number;
  readonly steps?: number;
  readonly seeds?: number;
  readonly samples?: number;
  readonly only?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** `unequal experiment list | NAME`: the figures and tables of the slides. */
export function experimentCommand(io: Io, end: (code: ExitCode) => void): Command {
  const own = [targetCommand(io, end), sensitivityCommand(io, end)];
  const command = new Command('experiment')
    .description('run one of the experiments of the slides; list names them')
    .addArgument(
      new Argument('<name>', 'list, or a name from it').argParser((name) =>
        choice('experiment', ['list', ...experiments.map(({ name }) => name), ...own.map((one) => one.name())])(name),
      ),
    )
    .addOption(
      option('--scale <scale>', 'small (two cores, about ten minutes) or paper (the full setting)')
        .argParser(choice('scale', ['small', 'paper'] as const))
        .default('small'),
    )
    .addOption(secondsOption('training seconds of each method (default: by scale)'))
    .addOption(numberOption('steps', 'training steps, where an experiment counts those'))
    .addOption(numberOption('seeds', 'how many seeds, from 1 on (default: by scale)'))
    .addOption(numberOption('samples', 'samples looked at by gradient-norms, variance-reduction and start'))
    .addOption(
      option('--only <names>', 'some of its settings, with commas between (default: all)').argParser((text) =>
        text.split(',').map((name) => name.trim()),
      ),
    )
    .addOption(outOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText('after', '\nAn --out folder that holds a part of the same experiment is gone on with.')
    .action(async (name: string, options: ExperimentOptions) => {
      if (name === 'list') list(io, options.json === true, own);
      else if (!(await run(name, options, io))) end(130);
    });
  for (const one of own) command.addCommand(one);
  return command;
}

/** Whether it came to its end. */
async function run(name: string, options: ExperimentOptions, io: Io): Promise<boolean> {
  const experiment = experimentNamed(name);
  const { scale, samples, only, out, json, quiet } = options;
  const other = experiment.budget === 'seconds' ? 'steps' : 'seconds';
  if (options[other] !== undefined) {
    throw new InvalidArgumentError(
      fault({ wrong: `${name} counts ${experiment.budget}`, got: `--${other}`, expected: `--${experiment.budget}` })
        .message,
    );
  }
  const budget = options[experiment.budget] ?? experiment.defaults[scale].budget;
  const count = options.seeds ?? experiment.defaults[scale].seeds;
  const words = ['experiment', name, '--scale', scale, `--${experiment.budget}`, `${budget}`, '--seeds', `${count}`];
  if (samples !== undefined) words.push('--samples', `${samples}`);
  if (only !== undefined) words.push('--only', only.join(','));
  const config = {
    experiment: name,
    scale,
    budget,
    samples,
    only,
    seeds: Array.from({ length: count }, (_, k) => k + 1),
    command: commandLine(words),
    started: new Date().toISOString(),
    ...machine(),
  };
  const { folder, presentation, results, complete, report } = await inFolder(out, name, async (folder) => ({
    folder,
    ...(await runExperiment(experiment, folder, config, {
      signal: io.signal,
      say: (line) => quiet || io.stderr.write(`${line}\n`),
    })),
  }));
  if (json)
    io.stdout.write(
      `${JSON.stringify({ folder, config, complete, results, ...shown(presentation) }, numbersAsWords)}\n`,
    );
  else
    io.stdout.write(`\n${presentationText(experiment.title, presentation, roomOf(io.stdout))}\n${printable(report)}\n`);
  return complete;
}

function shown({ summary, tables, setting }: Presentation) {
  return { summary, tables, setting };
}

function list(io: Io, json: boolean, own: readonly Command[]): void {
  if (json) {
    const rows = experiments.map((experiment) => {
      const { name, title, about, budget, defaults } = experiment;
      return { name, title, about, budget, defaults, settings: settingsOf(experiment) };
    });
    io.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  const rows = experiments.map((experiment) => {
    const { name, about, budget, defaults } = experiment;
    const { small } = defaults;
    const seeds = `${small.seeds} ${small.seeds === 1 ? 'seed' : 'seeds'}`;
    return [name, `${small.budget} ${budget}, ${seeds}`, about, settingsOf(experiment).join(', ')];
  });
  io.stdout.write(
    textTable([['experiment', 'small', 'what it asks', 'settings (--only)'], ...rows], [1, 2, 3], roomOf(io.stdout)),
  );
  io.stdout.write(
    `\nCommands of their own, with options of their own:\n${own.map((one) => `${wrap(`unequal experiment ${one.name()}: ${one.description()}`, roomOf(io.stdout)).join('\n')}\n`).join('')}`,
  );
}

function settingsOf(experiment: Experiment): string[] {
  const parts = experiment.parts({ scale: 'small', budget: experiment.defaults.small.budget, seeds: [1] });
  return [...new Set(parts.flatMap(({ setting }) => setting ?? []))];
}
