import { Command } from 'commander';
import { base, presentSensitivity, sensitivityMethods } from '../experiments/target/index.ts';
import { jsonOption, numberOption, option, outOption, pathOption, quietOption } from './arguments.ts';
import type { ExitCode, Io } from './io.ts';
import { refuseOthers, runWorkloads, type Shown, type TargetOptions } from './target-run.ts';

const sensitivity: Shown = {
  title: 'What the constants of the rule do',
  under: 'Half and double each constant of the decision, at T',
  words: () => ['sensitivity'],
  present: presentSensitivity,
};

/** `unequal experiment sensitivity`: each constant of the decision at half and at double its value. */
export function sensitivityCommand(io: Io, end: (code: ExitCode) => void): Command {
  return new Command('sensitivity')
    .description('what half and double each constant of the decision does to the validation samples')
    .addOption(numberOption('seeds', 'how many seeds, from 1 on (default: 2)'))
    .addOption(option('--only <names>', 'some of the workloads of the design half, with commas between'))
    .addOption(numberOption('times', 'T is this many times what each workload has (default: 0.4)'))
    .addOption(numberOption('workers', 'runs side by side, one thread each (default: 2)'))
    .option('--smoke', 'a few samples and steps, to see that everything runs')
    .addOption(pathOption('--from <folder>', 'take uniform’s runs and the costs from this folder'))
    .addOption(outOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .action(async (_: unknown, command: Command) => {
      refuseOthers(command);
      const options = command.optsWithGlobals<TargetOptions>();
      const plan = { quick: true, methods: [base, ...sensitivityMethods], budgets: [1], search: true };
      if (!(await runWorkloads({ ...options, ...plan }, io, sensitivity))) end(130);
    });
}
