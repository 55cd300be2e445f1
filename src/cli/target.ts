import { Command, InvalidArgumentError } from 'commander';
import { presentTarget, serve, workerFlag, workloads } from '../experiments/target/index.ts';
import { methodEntry } from '../methods/registry.ts';
import {
  choice,
  jsonOption,
  numberOption,
  option,
  outOption,
  pathOption,
  positives,
  quietOption,
} from './arguments.ts';
import type { ExitCode, Io } from './io.ts';
import { refuseOthers, runWorkloads, type Shown, type TargetOptions } from './target-run.ts';

const target: Shown = {
  title: 'Seconds to a validation target',
  under: 'How soon a method is where uniform sampling comes to in T',
  words: ({ methods, budgets }) => ['target', '--methods', methods.join(','), '--budgets', budgets.join(',')],
  present: presentTarget,
};

/** `unequal experiment target`: seconds to a validation target. */
export function targetCommand(io: Io, end: (code: ExitCode) => void): Command {
  return new Command('target')
    .description(
      'how soon a method reaches the validation measure that uniform sampling has after T, on many workloads',
    )
    .addOption(option('--methods <specs>', 'methods, options after slashes: importance/presample=2').argParser(specs))
    .addOption(numberOption('seeds', 'how many seeds, from 1 on (default: 5)'))
    .addOption(
      option('--budgets <shares>', 'parts of T that are trained for (default: 0.35,0.5,0.6,0.71,0.85,1)').argParser(
        positives,
      ),
    )
    .addOption(option('--only <names>', 'some of the workloads, with commas between'))
    .addOption(
      option('--part <half>', 'design, held-out or all (default: all)').argParser(
        choice('part', ['design', 'held-out', 'all'] as const),
      ),
    )
    .addOption(
      option(
        '--clock <clock>',
        'wall (default), cpu: time that processors worked, or counted: from what was done, at costs measured once',
      ).argParser(choice('clock', ['wall', 'cpu', 'counted'] as const)),
    )
    .addOption(numberOption('times', 'T is this many times what each workload has (default: 1)'))
    .addOption(numberOption('workers', 'runs side by side, one thread each (default: 2)'))
    .option('--no-search', 'take the rate that each workload names instead of searching uniform’s best')
    .option('--quick', 'the design half, 2 seeds, 0.5, 0.71 and 1 of 0.4 T, counted clock: to choose defaults by')
    .option('--smoke', 'a few samples and steps, to see that everything runs')
    .addOption(pathOption('--from <folder>', 'take uniform’s runs and the costs from this folder'))
    .addOption(option(`${workerFlag}`, 'makes runs for another process').hideHelp())
    .addOption(outOption())
    .addOption(jsonOption())
    .addOption(quietOption())
    .addHelpText(
      'after',
      `\nWorkloads: ${workloads.map(({ name, half }) => `${name} (${half})`).join(', ')}.\nAn --out folder that holds some of the runs is gone on with.`,
    )
    .action(async (_: unknown, command: Command) => {
      refuseOthers(command);
      // Of options that both have, `experiment` has taken the value.
      const options = command.optsWithGlobals<TargetOptions>();
      if (options.worker) await serve(options.smoke === true, io.signal);
      else if (!(await runWorkloads(options, io, target))) end(130);
    });
}

function specs(text: string): string[] {
  return text.split(',').map((spec) => {
    const [name] = spec.trim().split('/');
    try {
      methodEntry(name);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
    return spec.trim();
  });
}
