import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../errors.ts';
import type { Experiment, Part, PartContext, Presentation, Settings } from './experiment.ts';
import { experimentPage } from './page.ts';

/** What `config.json` says of a run. */
export interface ExperimentConfig extends Settings {
  readonly experiment: string;
  /** The command line that repeats it. */
  readonly command: string;
  readonly started: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly system: string };
  readonly versions: { readonly [software: string]: string };
}

export interface ExperimentRun {
  readonly presentation: Presentation;
  readonly results: readonly Done[];
  /** Whether every part is there. */
  readonly complete: boolean;
  readonly report: string;
}

interface Done {
  readonly part: Part;
  readonly result: unknown;
}

/**
 * Runs the parts of an experiment that its folder has no result of, writes each down as it ends (`results.ndjson`), and
 * makes the report of all there are. A part that is interrupted leaves nothing.
 *
 * @throws UnequalError if the folder is of another experiment, scale or budget. More seeds than before are welcome.
 */
export async function runExperiment(
  experiment: Experiment,
  folder: string,
  config: ExperimentConfig,
  context: PartContext,
): Promise<ExperimentRun> {
  await openFolder(folder, config);
  const file = join(folder, 'results.ndjson');
  const done = readResults(file);
  const parts = experiment.parts(config);
  const output = openSync(file, 'a');
  try {
    for (const [k, part] of parts.entries()) {
      if (context.signal.aborted) break;
      if (done.some((one) => one.part.key === part.key)) continue;
      context.say(`${experiment.name} ${k + 1}/${parts.length}: ${part.key}`);
      const result = await experiment.run(part, config, context);
      if (context.signal.aborted) break;
      // What is written is what is presented: a number that JSON does not know must not differ between the two.
      const line = JSON.stringify({ part, result }, shortened);
      writeSync(output, `${line}\n`);
      done.push(JSON.parse(line) as Done);
    }
  } finally {
    closeSync(output);
  }
  const results = parts.flatMap(({ key }) => done.filter(({ part }) => part.key === key));
  const presentation = experiment.present(results, config);
  const report = join(folder, 'report.html');
  writeFileSync(report, experimentPage(experiment, config, presentation));
  return { presentation, results, complete: results.length === parts.length, report };
}

async function openFolder(folder: string, config: ExperimentConfig): Promise<void> {
  const file = join(folder, 'config.json');
  if (existsSync(file)) {
    const before = JSON.parse(readFileSync(file, 'utf8')) as ExperimentConfig;
    for (const key of ['experiment', 'scale', 'budget', 'samples'] as const) {
      if (before[key] === config[key]) continue;
      throw fault({
        wrong: `${folder} is of another run`,
        got: `${key} ${before[key]}`,
        expected: `${config[key]}`,
        mend: 'give --out a new folder, or repeat its options to go on with it',
      });
    }
    writeFileSync(file, `${JSON.stringify({ ...config, started: before.started }, null, 2)}\n`);
    return;
  }
  const found = existsSync(folder) ? await readdir(folder) : [];
  if (found.length > 0) {
    throw fault({
      wrong: `${folder} is not empty`,
      got: found.slice(0, 3).join(', '),
      mend: 'give --out a new folder',
    });
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
}

/** The results so far; a last line that a killed run has left unfinished is cut off. */
function readResults(file: string): Done[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) writeFileSync(file, whole);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Done);
}

/** Six digits are more than any table shows. */
function shortened(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
