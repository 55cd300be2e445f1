import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fault } from '../errors.ts';
import { LineFile } from '../line-file.ts';
import { checkEmpty, holdFolder } from '../lock/hold-folder.ts';
import { unknownName } from '../nearest.ts';
import { writeFigures } from '../report/index.ts';
import { removeUnfinished, writeWhole } from '../whole-file.ts';
import type { Experiment, Part, PartContext, Presentation, Settings } from './experiment.ts';
import { experimentPage } from './page.ts';

/** What `config.json` says of a run. */
export interface ExperimentConfig extends Settings {
  readonly experiment: string;
  /** The settings that are run, by their names; default all. What else the folder holds is shown as well. */
  readonly only?: readonly string[];
  /** The command line that repeats it. */
  readonly command: string;
  readonly started: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    /** Threads of an operation. */
    readonly threads: number;
    readonly system: string;
  };
  readonly versions: { readonly [software: string]: string };
}

export interface ExperimentRun {
  readonly presentation: Presentation;
  readonly results: readonly Done[];
  /** Whether every part that was asked for is there. */
  readonly complete: boolean;
  readonly report: string;
}

interface Done {
  readonly part: Part;
  readonly result: unknown;
}

/**
 * Runs the parts of an experiment that its folder has no result of, writes each down as it ends (`results.ndjson`), and
 * makes the report and the figures of all there are. A part that is interrupted leaves nothing.
 *
 * @throws UnequalError if the folder is of another experiment, scale or budget, or another process writes to it, or `only`
 *   names no setting. More seeds and other settings than before are welcome.
 */
export async function runExperiment(
  experiment: Experiment,
  folder: string,
  config: ExperimentConfig,
  context: PartContext,
): Promise<ExperimentRun> {
  const parts = wantedParts(experiment, config);
  if (!existsSync(join(folder, 'config.json'))) await checkEmpty(folder);
  const hold = await holdFolder(folder);
  try {
    await openFolder(folder, config);
    return await runParts(experiment, parts, folder, config, context);
  } finally {
    hold.release();
  }
}

async function runParts(
  experiment: Experiment,
  parts: readonly Part[],
  folder: string,
  config: ExperimentConfig,
  context: PartContext,
): Promise<ExperimentRun> {
  const file = join(folder, 'results.ndjson');
  const output = new LineFile(file);
  const done = readResults(file);
  try {
    for (const [k, part] of parts.entries()) {
      if (context.signal.aborted) break;
      if (done.some((one) => one.part.key === part.key)) continue;
      context.say(`${experiment.name} ${k + 1}/${parts.length}: ${part.key}`);
      const result = await experiment.run(part, config, context);
      if (context.signal.aborted) break;
      // What is written is what is presented: a number that JSON does not know must not differ between the two.
      const line = JSON.stringify({ part, result }, shortened);
      output.append(line);
      done.push(JSON.parse(line) as Done);
    }
  } finally {
    output.close();
  }
  const seeds = [...new Set([...config.seeds, ...done.map(({ part }) => part.seed)])].sort((a, b) => a - b);
  const all = { ...config, seeds };
  const results = experiment.parts(all).flatMap(({ key }) => done.filter(({ part }) => part.key === key));
  const shown = experiment.present(results, all);
  const presentation = { ...shown, setting: [...shown.setting, onMachine(config)] };
  const report = join(folder, 'report.html');
  await writeWhole(report, experimentPage(experiment, all, presentation));
  await writeFigures(folder, presentation.figures);
  const complete = parts.every(({ key }) => done.some(({ part }) => part.key === key));
  return { presentation, results, complete, report };
}

/** @throws UnequalError for a name that is none of the settings'. */
function wantedParts(experiment: Experiment, config: ExperimentConfig): readonly Part[] {
  const parts = experiment.parts(config);
  const { only } = config;
  if (only === undefined) return parts;
  const names = [...new Set(parts.flatMap(({ setting }) => setting ?? []))];
  if (names.length === 0) {
    throw fault({ wrong: `${experiment.name} has one setting`, got: `only ${only.join(', ')}`, mend: 'leave it out' });
  }
  const wrong = only.find((name) => !names.includes(name));
  if (wrong !== undefined) throw unknownName(`setting of ${experiment.name}`, wrong, names);
  return parts.filter(({ setting }) => setting !== undefined && only.includes(setting));
}

function onMachine({ machine: { cpu, cores, threads, system }, versions }: ExperimentConfig): string {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Machine: ${[`${cpu}, ${cores} cores, ${threads} ${threads === 1 ? 'thread' : 'threads'} in every operation`, system, ...software].join('; ')}.`;
}

async function openFolder(folder: string, config: ExperimentConfig): Promise<void> {
  const file = join(folder, 'config.json');
  await removeUnfinished(folder);
  if (existsSync(file)) {
    const before = readJson(file, readFileSync(file, 'utf8')) as ExperimentConfig;
    for (const key of ['experiment', 'scale', 'budget', 'samples'] as const) {
      if (before[key] === config[key]) continue;
      throw fault({
        wrong: `${folder} is of another run`,
        got: `${key} ${before[key]}`,
        expected: `${config[key]}`,
        mend: 'give --out a new folder, or repeat its options to go on with it',
      });
    }
    await writeWhole(file, `${JSON.stringify({ ...config, started: before.started }, null, 2)}\n`);
    return;
  }
  await checkEmpty(folder);
  await writeWhole(file, `${JSON.stringify(config, null, 2)}\n`);
}

/** The results so far. @throws UnequalError naming a line that is none. */
function readResults(file: string): Done[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, k) => (line === '' ? [] : [readJson(`line ${k + 1} of ${file}`, line) as Done]));
}

function readJson(what: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
    throw new Error('no object');
  } catch (cause) {
    throw fault({
      wrong: `${what} is damaged`,
      got: (cause as Error).message,
      mend: 'take it away, or give --out a new folder',
      cause,
    });
  }
}

/** Six digits are more than any table shows. */
function shortened(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
