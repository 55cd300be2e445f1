import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fault, type UnequalError } from '../errors.ts';
import { LineFile } from '../line-file.ts';
import type { Hold } from '../lock/hold.ts';
import { checkEmpty, holdFolder } from '../lock/hold-folder.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import { type RunConfig, type RunEvent, readConfig, readRecord } from '../report/record.ts';
import { runReport } from '../report/run-report.ts';
import { removeUnfinished, writeWhole } from '../whole-file.ts';
import { lineOf, replaceEvents } from './event-lines.ts';
import { seedsHtml } from './seeds.ts';
import { seedsSoFar } from './seeds-so-far.ts';

const metricsOf = (path: string): string => join(path, 'metrics.ndjson');

/**
 * The folder a run leaves: `config.json`, `metrics.ndjson` with its events, and `report.html`.
 */
export class RunFolder {
  /** A killed run has left them; an event that was not finished is cut off. */
  private readonly metrics: LineFile;

  private constructor(
    readonly path: string,
    private readonly hold: Hold,
  ) {
    try {
      this.metrics = new LineFile(metricsOf(path));
    } catch (error) {
      const cause = ((error as Error).cause ?? error) as Error;
      throw fault({ wrong: `the run folder ${path} cannot be written`, got: cause.message, cause });
    }
  }

  /** @throws UnequalError if the folder holds anything already, or cannot be made. */
  static async create(path: string, config: RunConfig): Promise<RunFolder> {
    await removeUnfinished(path);
    await checkEmpty(path);
    return RunFolder.held(path, async (hold) => {
      // It may have been another process's until now.
      await checkEmpty(path);
      const folder = new RunFolder(path, hold);
      await folder.writeConfig(config);
      return folder;
    });
  }

  /** What `open` makes of a folder that no other process writes to meanwhile. */
  private static async held<T>(path: string, open: (hold: Hold) => Promise<T>): Promise<T> {
    const hold = await holdFolder(path);
    try {
      return await open(hold);
    } catch (error) {
      hold.release();
      throw error;
    }
  }

  /** Goes on with a folder. */
  static async reopen(path: string): Promise<RunFolder> {
    return RunFolder.held(path, async (hold) => {
      for (const folder of [path, join(path, 'model')]) await removeUnfinished(folder);
      return new RunFolder(path, hold);
    });
  }

  /**
   * Makes a folder for a race with several seeds, or goes on with one, without what it holds of seeds that did not come
   * to their end.
   *
   * @returns the folder and the seeds it has. @throws UnequalError if it is of another race.
   */
  static async openSeeds(path: string, config: RunConfig): Promise<{ folder: RunFolder; done: readonly number[] }> {
    if (!existsSync(join(path, 'config.json'))) return { folder: await RunFolder.create(path, config), done: [] };
    return RunFolder.held(path, async (hold) => {
      await removeUnfinished(path);
      const { done, events, config: now } = await seedsSoFar(path, config);
      await replaceEvents(metricsOf(path), events);
      const folder = new RunFolder(path, hold);
      await folder.writeConfig(now);
      return { folder, done };
    });
  }

  async writeConfig(config: RunConfig): Promise<void> {
    await writeWhole(join(this.path, 'config.json'), `${JSON.stringify(config, numbersAsWords, 2)}\n`);
  }

  /** Changes a part of the configuration that is known only later. */
  async amendConfig(part: Partial<RunConfig>): Promise<void> {
    await this.writeConfig({ ...(await readConfig(this.path)), ...part });
  }

  /** Bytes of the events so far. */
  get size(): number {
    return this.metrics.size;
  }

  /** Takes back all events after the first `size` bytes. */
  cut(size: number): void {
    this.metrics.cut(size);
  }

  /** Says of a folder that was removed or moved while the run goes on. */
  gone(): UnequalError | undefined {
    try {
      statSync(metricsOf(this.path));
      return undefined;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return undefined;
      const got = 'it was removed or moved while the run went on';
      const mend = 'go on with it where it is now, or start the run again';
      return fault({ wrong: `the run folder ${this.path} is gone`, got, mend, cause });
    }
  }

  /** Before anything is written beside the events: a folder that is gone would be made anew. @throws UnequalError if it is. */
  checkThere(): void {
    const gone = this.gone();
    if (gone) throw gone;
  }

  /** Has the events so far on the disk. @throws UnequalError if the folder is gone. */
  async settle(): Promise<void> {
    this.checkThere();
    await this.metrics.settle();
  }

  /** @throws UnequalError if there is no room for it, and nothing of it is there then, or the folder is gone. */
  append(event: RunEvent): void {
    this.checkThere();
    this.metrics.append(lineOf(event));
  }

  /** Makes the report of what the folder holds; its path. */
  async report(): Promise<string> {
    return writeReport(this.path);
  }

  close(): void {
    this.metrics.close();
    this.hold.release();
  }
}

/** Makes `report.html` of a run folder anew. @throws UnequalError if it is no run folder. */
export async function writeReport(folder: string): Promise<string> {
  const record = await readRecord(folder);
  const page = runReport(record, { overSeeds: seedsHtml(record) });
  const path = join(folder, 'report.html');
  await writeWhole(path, page);
  return path;
}

/** Where a run folder has what became of each sample with a method. */
export function samplesPath(folder: string, method: string): string {
  return join(folder, 'samples', `${encodeURIComponent(method)}.bin`);
}
