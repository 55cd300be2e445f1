import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../errors.ts';
import { type RunConfig, type RunEvent, readConfig, readEvents, readRecord } from '../report/record.ts';
import { runReport } from '../report/run-report.ts';
import { seedsHtml } from './seeds.ts';

/**
 * The folder a run leaves: `config.json`, `metrics.ndjson` with one event a line, written as they happen so that a
 * killed run has left them, and `report.html`.
 */
export class RunFolder {
  private readonly file: number;

  private constructor(
    readonly path: string,
    flags: 'w' | 'a',
  ) {
    this.file = openSync(join(path, 'metrics.ndjson'), flags);
  }

  /** @throws UnequalError if the folder holds anything already, or cannot be made. */
  static async create(path: string, config: RunConfig): Promise<RunFolder> {
    const found = existsSync(path) ? await readdir(path).catch(() => ['a file']) : [];
    if (found.length > 0) {
      throw fault({
        wrong: `${path} is not empty`,
        got: found.slice(0, 3).join(', '),
        mend: 'give --out a new folder',
      });
    }
    try {
      mkdirSync(path, { recursive: true });
    } catch (cause) {
      throw fault({ wrong: `the run folder ${path} cannot be made`, got: (cause as Error).message, cause });
    }
    const folder = new RunFolder(path, 'w');
    folder.writeConfig(config);
    return folder;
  }

  /** Goes on with a folder, without what happened at `step` or later: the run is at that step again. */
  static async reopen(path: string, step: number): Promise<RunFolder> {
    const kept = (await readEvents(path)).filter((event) => {
      if (event.type === 'end' || event.type === 'result') return false;
      // A point, and what was picked, is told after so many steps; the others tell of the step itself.
      return (
        !('step' in event) ||
        (event.type === 'step' || event.type === 'switch' ? event.step < step : event.step <= step)
      );
    });
    await replaceEvents(path, kept);
    return new RunFolder(path, 'a');
  }

  /**
   * Makes a folder for a race with several seeds, or goes on with one, without what it holds of seeds that did not come
   * to their end.
   *
   * @returns the folder and the seeds it has. @throws UnequalError if it is of another race.
   */
  static async openSeeds(path: string, config: RunConfig): Promise<{ folder: RunFolder; done: readonly number[] }> {
    if (!existsSync(join(path, 'config.json'))) return { folder: await RunFolder.create(path, config), done: [] };
    const before = await readConfig(path);
    checkSame(path, before, config);
    const events = await readEvents(path);
    const done = events.flatMap((event) => (event.type === 'end' && event.seed !== undefined ? [event.seed] : []));
    const kept = events.filter((event) => {
      if (event.type === 'image') return done.includes(config.seed);
      return event.seed !== undefined && done.includes(event.seed);
    });
    await replaceEvents(path, kept);
    const folder = new RunFolder(path, 'a');
    const seeds = [...new Set([...done, ...(config.seeds ?? [])])].sort((a, b) => a - b);
    const { started, engine, notes } = before;
    folder.writeConfig({ ...config, started, engine, notes, seeds });
    return { folder, done };
  }

  writeConfig(config: RunConfig): void {
    writeFileSync(join(this.path, 'config.json'), `${JSON.stringify(config, null, 2)}\n`);
  }

  /** Changes a part of the configuration that is known only later. */
  amendConfig(part: Partial<RunConfig>): void {
    const config = JSON.parse(readFileSync(join(this.path, 'config.json'), 'utf8')) as RunConfig;
    this.writeConfig({ ...config, ...part });
  }

  append(event: RunEvent): void {
    writeSync(this.file, line(event));
  }

  /** Makes the report of what the folder holds; its path. */
  async report(): Promise<string> {
    return writeReport(this.path);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** A killed process leaves the events as they were, or as they are to be. */
async function replaceEvents(path: string, events: readonly RunEvent[]): Promise<void> {
  const temporary = join(path, 'metrics.ndjson.tmp');
  await writeFile(temporary, events.map(line).join(''));
  await rename(temporary, join(path, 'metrics.ndjson'));
}

/** @throws UnequalError if two configurations are not of the same race. */
function checkSame(path: string, before: RunConfig, now: RunConfig): void {
  const mend = 'give --out a new folder, or repeat its options to go on with it';
  if (before.kind !== now.kind || before.seeds === undefined) {
    throw fault({ wrong: `${path} is not empty`, got: 'another run', expected: 'a race with --seeds', mend });
  }
  const [was, is] = [
    before.arguments ?? {},
    JSON.parse(JSON.stringify(now.arguments ?? {})) as typeof before.arguments,
  ];
  for (const name of new Set([...Object.keys(was), ...Object.keys(is ?? {})])) {
    const [had, has] = [JSON.stringify(was[name]), JSON.stringify(is?.[name])];
    if (had === has) continue;
    throw fault({ wrong: `${path} is of another race`, got: `${name} ${had}`, expected: `${has}`, mend });
  }
}

/** Makes `report.html` of a run folder anew. @throws UnequalError if it is no run folder. */
export async function writeReport(folder: string): Promise<string> {
  const record = await readRecord(folder);
  const page = runReport(record, seedsHtml(record));
  const path = join(folder, 'report.html');
  await writeFile(`${path}.tmp`, page);
  await rename(`${path}.tmp`, path);
  return path;
}

/** runs/race-2026-01-31-142500, or the same with a number where that is taken. */
export function defaultFolder(command: string, now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join('-');
  const path = join('runs', `${command}-${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`);
  for (let k = 1; ; k++) {
    const candidate = k === 1 ? path : `${path}-${k}`;
    if (!existsSync(candidate)) return candidate;
  }
}

/** Six digits are more than any plot shows. */
function line(event: RunEvent): string {
  const short = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
  return `${JSON.stringify(event, short)}\n`;
}
