import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fault, type UnequalError } from '../errors.ts';
import type { Hold } from '../lock/hold.ts';
import { checkEmpty, holdFolder } from '../lock/hold-folder.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import { type RunConfig, type RunEvent, readConfig, readEvents, readRecord } from '../report/record.ts';
import { runReport } from '../report/run-report.ts';
import { removeUnfinished, syncFile, writeWhole } from '../whole-file.ts';
import { seedsHtml } from './seeds.ts';

/**
 * The folder a run leaves: `config.json`, `metrics.ndjson` with one event a line, written as they happen so that a
 * killed run has left them, and `report.html`.
 */
export class RunFolder {
  private readonly file: number;
  private bytes: number;

  private constructor(
    readonly path: string,
    flags: 'w' | 'a',
    private readonly hold: Hold,
  ) {
    try {
      this.file = openSync(join(path, 'metrics.ndjson'), flags);
      this.bytes = fstatSync(this.file).size;
    } catch (cause) {
      throw fault({ wrong: `the run folder ${path} cannot be written`, got: (cause as Error).message, cause });
    }
  }

  /** @throws UnequalError if the folder holds anything already, or cannot be made. */
  static async create(path: string, config: RunConfig): Promise<RunFolder> {
    await removeUnfinished(path);
    await checkEmpty(path);
    return RunFolder.held(path, async (hold) => {
      // It may have been another process's until now.
      await checkEmpty(path);
      const folder = new RunFolder(path, 'w', hold);
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

  /** Goes on with a folder; an event that was not finished is cut off. */
  static async reopen(path: string): Promise<RunFolder> {
    return RunFolder.held(path, async (hold) => {
      for (const folder of [path, join(path, 'model')]) await removeUnfinished(folder);
      const folder = new RunFolder(path, 'a', hold);
      folder.cut(await endOfLines(join(path, 'metrics.ndjson')));
      return folder;
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
    return RunFolder.held(path, (hold) => RunFolder.goOnWithSeeds(path, config, hold));
  }

  private static async goOnWithSeeds(path: string, config: RunConfig, hold: Hold) {
    await removeUnfinished(path);
    const before = await readConfig(path);
    checkSame(path, before, config);
    const { events, leftOut } = await readEvents(path);
    if (leftOut.length > 0) {
      const [{ line, why }] = leftOut;
      throw fault({
        wrong: `line ${line} of ${join(path, 'metrics.ndjson')} is damaged`,
        got: why,
        expected: 'an event of a run',
        mend: 'remove the line, or give --out a new folder',
      });
    }
    const done = events.flatMap((event) => (event.type === 'end' && event.seed !== undefined ? [event.seed] : []));
    const kept = events.filter((event) => {
      if (event.type === 'image') return done.includes(config.seed);
      return event.seed !== undefined && done.includes(event.seed);
    });
    await replaceEvents(path, kept);
    const folder = new RunFolder(path, 'a', hold);
    const seeds = [...new Set([...done, ...(config.seeds ?? [])])].sort((a, b) => a - b);
    const { started, engine, notes } = before;
    await folder.writeConfig({ ...config, started, engine, notes, seeds });
    return { folder, done };
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
    return this.bytes;
  }

  /** Takes back all events after the first `size` bytes. */
  cut(size: number): void {
    if (size >= this.bytes) return;
    ftruncateSync(this.file, size);
    this.bytes = size;
  }

  /** Says of a folder that was removed or moved while the run goes on. */
  gone(): UnequalError | undefined {
    try {
      statSync(join(this.path, 'metrics.ndjson'));
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
    await syncFile({ fd: this.file });
  }

  /** @throws UnequalError if there is no room for it, and nothing of it is there then, or the folder is gone. */
  append(event: RunEvent): void {
    this.checkThere();
    const bytes = new TextEncoder().encode(line(event));
    try {
      for (let at = 0; at < bytes.length; ) {
        const taken = writeSync(this.file, bytes, at);
        if (taken === 0) throw new Error(`only ${at} of ${bytes.length} bytes were taken`);
        at += taken;
      }
      this.bytes += bytes.length;
    } catch (cause) {
      ftruncateSync(this.file, this.bytes);
      throw fault({ wrong: `${this.path}/metrics.ndjson cannot be written`, got: (cause as Error).message, cause });
    }
  }

  /** Makes the report of what the folder holds; its path. */
  async report(): Promise<string> {
    return writeReport(this.path);
  }

  close(): void {
    closeSync(this.file);
    this.hold.release();
  }
}

/** A killed process leaves the events as they were, or as they are to be. */
async function replaceEvents(path: string, events: readonly RunEvent[]): Promise<void> {
  await writeWhole(join(path, 'metrics.ndjson'), pieces(events));
}

/** The lines of a file, many at a time: a write for each would be slow. */
function* pieces(events: readonly RunEvent[]): Iterable<string> {
  for (let from = 0; from < events.length; from += 1000)
    yield events
      .slice(from, from + 1000)
      .map(line)
      .join('');
}

/** Bytes of a file up to the end of its last whole line. */
async function endOfLines(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const buffer = new Uint8Array(2 ** 16);
    for (let end = size; end > 0; ) {
      const from = Math.max(0, end - buffer.length);
      const { bytesRead } = await file.read(buffer, 0, end - from, from);
      const at = buffer.subarray(0, bytesRead).lastIndexOf(10);
      if (at >= 0) return from + at + 1;
      end = from;
    }
    return 0;
  } finally {
    await file.close();
  }
}

/** @throws UnequalError if two configurations are not of the same race. */
function checkSame(path: string, before: RunConfig, now: RunConfig): void {
  const mend = 'give --out a new folder, or repeat its options to go on with it';
  if (before.kind !== now.kind || before.seeds === undefined) {
    throw fault({ wrong: `${path} is not empty`, got: 'another run', expected: 'a race with --seeds', mend });
  }
  const [was, is] = [
    before.arguments ?? {},
    JSON.parse(JSON.stringify(now.arguments ?? {}, numbersAsWords)) as typeof before.arguments,
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
  const page = runReport(record, { overSeeds: seedsHtml(record) });
  const path = join(folder, 'report.html');
  await writeWhole(path, page);
  return path;
}

/** Where a run folder has what became of each sample with a method. */
export function samplesPath(folder: string, method: string): string {
  return join(folder, 'samples', `${encodeURIComponent(method)}.bin`);
}

/** Six digits are more than any plot shows. */
function line(event: RunEvent): string {
  const short = (name: string, value: unknown) =>
    Number.isFinite(value) && !Number.isInteger(value)
      ? Number((value as number).toPrecision(6))
      : numbersAsWords(name, value);
  return `${JSON.stringify(event, short)}\n`;
}
