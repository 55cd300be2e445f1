import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { fault } from '../errors.ts';
import type { Presentation } from '../experiments/experiment.ts';
import { htmlTable } from '../experiments/page.ts';
import {
  type ClockKind,
  forkedMaker,
  localMaker,
  presentTarget,
  runTarget,
  serve,
  TargetFolder,
  type TargetPlan,
  workerFlag,
  workloadNamed,
  workloads,
} from '../experiments/target/index.ts';
import { methodEntry } from '../methods/registry.ts';
import { html, page, writeFigures } from '../report/index.ts';
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
import { commandLine, machine } from './machine.ts';
import { presentationText } from './presentation-text.ts';
import { defaultFolder } from './run-folder.ts';

interface TargetOptions {
  readonly methods?: readonly string[];
  readonly seeds?: number;
  readonly budgets?: readonly number[];
  readonly only?: readonly string[];
  readonly part?: 'design' | 'held-out' | 'all';
  readonly clock?: ClockKind;
  readonly times?: number;
  readonly workers?: number;
  readonly search: boolean;
  readonly quick?: boolean;
  readonly smoke?: boolean;
  readonly from?: string;
  readonly worker?: boolean;
  readonly out?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What is run where nothing is said: all of it, a look that takes minutes, and one that takes seconds. */
const full = {
  methods: ['uniform', 'importance'],
  seeds: 5,
  budgets: [0.35, 0.5, 0.6, 0.71, 0.85, 1],
  part: 'all',
  clock: 'wall',
  times: 1,
  workers: 2,
} as const;
const quick = { ...full, seeds: 2, budgets: [0.5, 0.71, 1], part: 'design', clock: 'counted', times: 0.4 } as const;
const smoke = { ...full, seeds: 2, budgets: [0.5, 1], clock: 'counted', times: 0.05, workers: 1 } as const;
/** What the smallest look is at: data that is always at hand. */
const smokeOnly = ['mnist', 'streamed-digits'];

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
      refuse(command);
      // Of options that both have, `experiment` has taken the value.
      const options = command.optsWithGlobals<TargetOptions>();
      if (options.worker) await serve(options.smoke === true, io.signal);
      else if (!(await run(options, io))) end(130);
    });
}

/** @throws UnequalError for options of the other experiments, which would do nothing. */
function refuse({ parent }: Command): void {
  const given = ['scale', 'seconds', 'steps', 'samples'].find((name) => parent?.getOptionValueSource(name) === 'cli');
  if (given === undefined) return;
  throw fault({ wrong: `target has no --${given}`, expected: '--times, a factor of each workload’s own seconds' });
}

/** Whether it came to its end. */
async function run({ search, smoke: few = false, ...options }: TargetOptions, io: Io): Promise<boolean> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings = { ...(few ? smoke : options.quick ? quick : full), ...given } as typeof full & TargetOptions;
  const { out, from, json, quiet, clock, times, workers, part, only = few ? smokeOnly : undefined } = settings;
  const plan: TargetPlan = {
    workloads:
      only?.map(workloadNamed) ?? workloads.filter(({ half }) => part === 'all' || half.replace(' ', '-') === part),
    methods: settings.methods,
    seeds: settings.seeds,
    budgets: settings.budgets,
    times,
    search: search && !few,
  };
  const folder = new TargetFolder(out ?? defaultFolder('target'), { clock, times, few });
  if (from !== undefined) folder.takeFrom(from);
  const makers = Array.from({ length: workers }, () =>
    (settings.workers > 1 ? forkedMaker : localMaker)(few, io.signal),
  );
  const say = (line: string) => quiet || io.stderr.write(`${line}\n`);
  let complete: boolean;
  try {
    complete = await runTarget(plan, folder, makers, { signal: io.signal, say });
  } finally {
    for (const maker of makers) maker.close();
  }
  const presentation = presentTarget(plan, folder.runs, clock);
  const report = await writeReport(folder.path, presentation, plan);
  const { figures: _, ...shown } = presentation;
  if (json) io.stdout.write(`${JSON.stringify({ folder: folder.path, complete, ...shown })}\n`);
  else io.stdout.write(`\n${presentationText('Seconds to a validation target', presentation)}\n${report}\n`);
  return complete;
}

async function writeReport(folder: string, presentation: Presentation, plan: TargetPlan): Promise<string> {
  const { summary, tables, figures, setting } = presentation;
  const { cpu, cores, system } = machine().machine;
  const words = [
    'experiment',
    'target',
    '--out',
    folder,
    '--methods',
    plan.methods.join(','),
    '--seeds',
    `${plan.seeds}`,
  ];
  const file = join(folder, 'report.html');
  const body = html`
${summary.map((sentence) => html`<p class="summary">${sentence}</p>`)}
${figures[0]}
${tables.map(htmlTable)}
${figures.slice(1)}
<section>
<h2>How this was made</h2>
<pre>${commandLine([...words, '--budgets', plan.budgets.join(','), '--times', `${plan.times}`])}</pre>
${setting.map((line) => html`<p>${line}</p>`)}
<p>${`${cpu}, ${cores} cores, ${system}`}</p>
</section>`;
  const title = 'Seconds to a validation target';
  writeFileSync(file, page({ title, under: 'How soon a method is where uniform sampling comes to in T', body }));
  await writeFigures(folder, figures);
  return file;
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
