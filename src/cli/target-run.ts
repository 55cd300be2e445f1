import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { fault } from '../errors.ts';
import type { Presentation } from '../experiments/experiment.ts';
import { htmlTable } from '../experiments/page.ts';
import {
  type ClockKind,
  forkedMaker,
  localMaker,
  type Runs,
  runTarget,
  TargetFolder,
  type TargetPlan,
  workloadNamed,
  workloads,
} from '../experiments/target/index.ts';
import { holdFolder } from '../lock/hold-folder.ts';
import { html, page, writeFigures } from '../report/index.ts';
import { inFolder } from './default-folder.ts';
import { type Io, roomOf } from './io.ts';
import { commandLine, machine } from './machine.ts';
import { presentationText } from './presentation-text.ts';

export interface TargetOptions {
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

/** How the runs of a plan are shown. */
export interface Shown {
  readonly title: string;
  readonly under: string;
  /** The command's name and the options that it has beside those of every run of workloads. */
  readonly words: (plan: TargetPlan) => readonly string[];
  readonly present: (plan: TargetPlan, runs: Runs, clock: ClockKind) => Presentation;
}

/** Whether it came to its end. */
export async function runWorkloads(options: TargetOptions, io: Io, shown: Shown): Promise<boolean> {
  return inFolder(options.out, 'target', async (path) => {
    const hold = await holdFolder(path);
    try {
      return await runIn(path, options, io, shown);
    } finally {
      hold.release();
    }
  });
}

async function runIn(
  path: string,
  { search, smoke: few = false, ...options }: TargetOptions,
  io: Io,
  shown: Shown,
): Promise<boolean> {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings = { ...(few ? smoke : options.quick ? quick : full), ...given } as typeof full & TargetOptions;
  const { from, json, quiet, clock, times, workers, part, only = few ? smokeOnly : undefined } = settings;
  const plan: TargetPlan = {
    workloads:
      only?.map(workloadNamed) ?? workloads.filter(({ half }) => part === 'all' || half.replace(' ', '-') === part),
    methods: settings.methods,
    seeds: settings.seeds,
    budgets: settings.budgets,
    times,
    search: search && !few,
  };
  const folder = new TargetFolder(path, { clock, times, few });
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
  const presentation = shown.present(plan, folder.runs, clock);
  const report = await writeReport(folder.path, presentation, plan, shown);
  const { figures: _, ...rest } = presentation;
  if (json) io.stdout.write(`${JSON.stringify({ folder: folder.path, complete, ...rest })}\n`);
  else io.stdout.write(`\n${presentationText(shown.title, presentation, roomOf(io.stdout))}\n${report}\n`);
  return complete;
}

async function writeReport(
  folder: string,
  { summary, tables, figures, setting }: Presentation,
  plan: TargetPlan,
  { title, under, words }: Shown,
): Promise<string> {
  const { cpu, cores, system } = machine().machine;
  const { seeds, times } = plan;
  const command = ['experiment', ...words(plan), '--out', folder, '--seeds', `${seeds}`, '--times', `${times}`];
  const file = join(folder, 'report.html');
  const body = html`
${summary.map((sentence) => html`<p class="summary">${sentence}</p>`)}
${figures[0]}
${tables.map(htmlTable)}
${figures.slice(1)}
<section>
<h2>How this was made</h2>
<pre>${commandLine(command)}</pre>
${setting.map((line) => html`<p>${line}</p>`)}
<p>${`${cpu}, ${cores} cores, ${system}`}</p>
</section>`;
  writeFileSync(file, page({ title, under, body }));
  await writeFigures(folder, figures);
  return file;
}

/** @throws UnequalError for options of the other experiments, which would do nothing. */
export function refuseOthers({ parent }: Command): void {
  const given = ['scale', 'seconds', 'steps', 'samples'].find((name) => parent?.getOptionValueSource(name) === 'cli');
  if (given === undefined) return;
  throw fault({ wrong: `there is no --${given} here`, expected: '--times, a factor of each workload’s own seconds' });
}
