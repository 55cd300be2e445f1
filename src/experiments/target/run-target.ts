import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fault, UnequalError } from '../../errors.ts';
import type { WorkloadCosts } from './costs.ts';
import { base, keyOf, Runs, type TargetPlan, wantedRuns } from './protocol.ts';
import type { ClockKind, RunRecord, RunRequest, RunTime } from './run-once.ts';
import type { Workload } from './workload.ts';

/** What all runs of a folder have in common. */
export interface FolderConfig {
  readonly clock: ClockKind;
  readonly times: number;
  readonly few: boolean;
}

/** Makes runs, one at a time; several of them work side by side. */
export interface Maker {
  /** Reads the data of a workload. @throws UnequalError where this machine cannot have it. */
  load(workload: string): Promise<void>;
  /** Measures the costs of a workload. */
  calibrate(workload: string): Promise<WorkloadCosts>;
  /** `undefined` where it was stopped. */
  make(request: RunRequest, time: RunTime): Promise<RunRecord | undefined>;
  close(): void;
}

export interface TargetContext {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** The folder of an experiment: its configuration, the costs of the workloads and a line of JSON for each run. */
export class TargetFolder {
  readonly runs: Runs;
  private readonly costs: { [workload: string]: WorkloadCosts };

  /**
   * @param isOwn whether this process writes to it, and no other does.
   * @throws UnequalError if the folder holds runs of another kind.
   */
  constructor(
    readonly path: string,
    readonly config: FolderConfig,
    isOwn = true,
  ) {
    if (isOwn) mkdirSync(path, { recursive: true });
    const file = join(path, 'config.json');
    // What a sample takes is the same however long the runs are, and a run is known by its seconds.
    const parts = isOwn ? (['clock', 'times', 'few'] as const) : (['clock', 'few'] as const);
    if (existsSync(file)) checkSame(path, JSON.parse(readFileSync(file, 'utf8')) as FolderConfig, config, parts);
    else if (isOwn) writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
    this.runs = new Runs(readLines(this.linesFile, isOwn));
    this.costs = existsSync(this.costsFile) ? JSON.parse(readFileSync(this.costsFile, 'utf8')) : {};
  }

  private get linesFile(): string {
    return join(this.path, 'runs.ndjson');
  }

  private get costsFile(): string {
    return join(this.path, 'costs.json');
  }

  add(record: RunRecord): void {
    const line = JSON.stringify(record, shortened);
    appendFileSync(this.linesFile, `${line}\n`);
    // What is written is what is presented.
    this.runs.add(JSON.parse(line) as RunRecord);
  }

  costsOf(workload: string): WorkloadCosts | undefined {
    return this.costs[workload];
  }

  setCosts(workload: string, costs: WorkloadCosts): void {
    this.costs[workload] = costs;
    writeFileSync(this.costsFile, `${JSON.stringify(this.costs, null, 2)}\n`);
  }

  /** Takes uniform's runs and the costs from another folder of the same clock, so that they need not be made again. */
  takeFrom(other: string): void {
    const from = new TargetFolder(other, this.config, false);
    for (const [workload, costs] of Object.entries(from.costs)) {
      if (this.costs[workload] === undefined) this.setCosts(workload, costs);
    }
    for (const record of from.runs.list) {
      if (record.method === base && this.runs.get(record) === undefined) this.add(record);
    }
  }
}

/**
 * Makes the runs of a plan that the folder has not, each written down as it ends. A run that is interrupted leaves nothing.
 * A workload whose data cannot be had is left out, which is said.
 * @returns whether all of them are there.
 */
export async function runTarget(
  plan: TargetPlan,
  folder: TargetFolder,
  makers: readonly Maker[],
  { signal, say }: TargetContext,
): Promise<boolean> {
  const { runs, config } = folder;
  // One after the other, while nothing else works.
  const leftOut = new Set<string>();
  const load = async (maker: Maker, workload: string): Promise<boolean> => {
    try {
      await maker.load(workload);
    } catch (error) {
      if (!(error instanceof UnequalError)) throw error;
      if (!leftOut.has(workload)) say(`${workload} is left out: ${error.message}`);
      leftOut.add(workload);
    }
    return !leftOut.has(workload);
  };
  for (const workload of config.clock === 'counted' ? plan.workloads : []) {
    if (signal.aborted || folder.costsOf(workload.name) !== undefined || !isNeeded(workload, plan, runs)) continue;
    if (!(await load(makers[0], workload.name))) continue;
    say(`measuring ${workload.name}`);
    folder.setCosts(workload.name, await makers[0].calibrate(workload.name));
  }
  const busy = new Set<string>();
  const waiting: (() => void)[] = [];
  const wakeAll = () => {
    for (const wake of waiting.splice(0)) wake();
  };
  const work = async (maker: Maker): Promise<void> => {
    while (!signal.aborted) {
      const left = wantedRuns(plan, runs).filter(({ workload }) => !leftOut.has(workload));
      const request = left.find((one) => !busy.has(keyOf(one)));
      if (request === undefined) {
        if (busy.size === 0) return;
        // What is to come may depend on what others are making.
        await new Promise<void>((wake) => waiting.push(wake));
        continue;
      }
      busy.add(keyOf(request));
      try {
        if (!(await load(maker, request.workload))) continue;
        const record = await maker.make(request, { clock: config.clock, costs: folder.costsOf(request.workload) });
        if (record !== undefined) {
          folder.add(record);
          say(`${keyOf(record)}: ${lineOf(record)} (${left.length - 1} left)`);
        }
      } finally {
        busy.delete(keyOf(request));
        wakeAll();
      }
    }
  };
  await Promise.all(makers.map(work));
  return wantedRuns(plan, runs).length === 0;
}

function isNeeded(workload: Workload, plan: TargetPlan, runs: Runs): boolean {
  return wantedRuns({ ...plan, workloads: [workload] }, runs).length > 0;
}

function lineOf({ curve, steps, picked, test, failed, machineSeconds }: RunRecord): string {
  if (failed !== undefined) return `failed: ${failed}`;
  const end = curve.at(-1);
  const text = (value: number | undefined) => (value === undefined ? '–' : Number(value.toPrecision(4)));
  return `validation ${text(end?.value)}, loss ${text(end?.loss)}, test ${text(test?.value)}, ${steps} steps (${picked} picked) in ${text(machineSeconds)} s`;
}

function checkSame(
  path: string,
  before: FolderConfig,
  now: FolderConfig,
  parts: readonly (keyof FolderConfig)[],
): void {
  for (const key of parts) {
    if (before[key] === now[key]) continue;
    throw fault({
      wrong: `${path} is of other runs`,
      got: `${key} ${before[key]}`,
      expected: `${now[key]}`,
      mend: 'give --out a new folder, or repeat its options to go on with it',
    });
  }
}

/** The runs so far; a last line that a killed process has left unfinished is left out, and cut off if that is asked for. */
function readLines(file: string, cuts: boolean): RunRecord[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (cuts && whole.length < text.length) writeFileSync(file, whole);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RunRecord);
}

/** Six digits are more than any table shows; JSON knows no infinity. */
function shortened(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
}
