import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '../errors.ts';

/** What `config.json` of a run folder holds: all that is needed to repeat the run and to read its numbers. */
export interface RunConfig {
  readonly kind: 'race' | 'train';
  readonly title: string;
  /** The command line that repeats the run. */
  readonly command: string;
  /** When it was started, ISO 8601. */
  readonly started: string;
  readonly seed: number;
  readonly seconds?: number;
  readonly epochs?: number;
  readonly batchSize: number;
  readonly optimizer: string;
  readonly learningRate: number;
  /** Where the learning rate comes from, in words. */
  readonly learningRateNote?: string;
  readonly schedule?: string;
  readonly model: { readonly name: string; readonly parameters: number };
  readonly data: {
    readonly name: string;
    readonly title?: string;
    readonly train: number;
    readonly test: number;
    readonly classes?: number;
    readonly standsFor?: string;
  };
  /** Options of each method by its name, complete. */
  readonly methods: { readonly [method: string]: { readonly [option: string]: unknown } };
  readonly machine: { readonly cpu: string; readonly cores: number; readonly system: string };
  readonly versions: { readonly [software: string]: string };
  readonly engine: string;
  /** What training loss the points hold. */
  readonly trainLoss: string;
  /** Whatever else must be known to read the numbers, by its title. */
  readonly notes?: { readonly [title: string]: string };
  /** Whatever else the command needs to resume the run. */
  readonly arguments?: { readonly [argument: string]: unknown };
}

/** A line of `metrics.ndjson`. All but `image` and `end` are of one method; `seconds` are those of its own clock. */
export type RunEvent =
  | PointEvent
  | StepEvent
  | SwitchEvent
  | ScoresEvent
  | PickedEvent
  | ImageEvent
  | ResultEvent
  | End;

interface OfMethod {
  readonly method: string;
  readonly seconds: number;
  readonly step: number;
}

/** The model was evaluated. */
export interface PointEvent extends OfMethod {
  readonly type: 'point';
  readonly epoch: number;
  readonly trainLoss?: number;
  readonly testLoss?: number;
  readonly testError?: number;
}

/** Some steps: what the sampler said last, and means over all since the event before. */
export interface StepEvent extends OfMethod {
  readonly type: 'step';
  readonly epoch: number;
  /** Mean over the steps. */
  readonly loss: number;
  /** Share of the steps that were trained by importance. */
  readonly importance: number;
  /** Mean over the steps that had one. */
  readonly ess?: number;
  readonly tau?: number;
  readonly threshold?: number;
  readonly learningRate: number;
  readonly forward: number;
  readonly backward: number;
}

export interface SwitchEvent extends OfMethod {
  readonly type: 'switch';
  readonly on: boolean;
  readonly why: string;
}

/** The latest scores of a presample. */
export interface ScoresEvent extends OfMethod {
  readonly type: 'scores';
  readonly scores: readonly number[];
}

/** The samples trained on most often so far, the most picked first. */
export interface PickedEvent extends OfMethod {
  readonly type: 'picked';
  readonly picked: readonly { readonly index: number; readonly times: number }[];
}

/** A training image that was among the most picked; once for each. */
export interface ImageEvent {
  readonly type: 'image';
  readonly index: number;
  readonly label: string;
  readonly width: number;
  readonly height: number;
  /** Base64. */
  readonly png: string;
}

/** A method has come to its end. */
export interface ResultEvent extends OfMethod {
  readonly type: 'result';
  readonly importanceShare: number;
  readonly forward: number;
  readonly backward: number;
  /** Why it ended before its time. */
  readonly failed?: string;
}

/** The run has come to its end, or was stopped by the user. */
export interface End {
  readonly type: 'end';
  readonly reason: 'done' | 'stopped';
}

/** Everything a run folder says of one method. */
export interface MethodRecord {
  readonly name: string;
  readonly points: PointEvent[];
  readonly steps: StepEvent[];
  readonly switches: SwitchEvent[];
  scores?: readonly number[];
  picked?: PickedEvent['picked'];
  result?: ResultEvent;
}

/** Everything a run folder says. */
export interface RunRecord {
  readonly config: RunConfig;
  readonly methods: readonly MethodRecord[];
  readonly images: ReadonlyMap<number, ImageEvent>;
  /** Absent while the run goes on, and for ever if it was killed. */
  readonly end?: End['reason'];
}

/** Puts the events of a run in order, in the order of the methods in its configuration. */
export function toRecord(config: RunConfig, events: Iterable<RunEvent>): RunRecord {
  const methods = new Map<string, MethodRecord>();
  const of = (name: string): MethodRecord => {
    const method = methods.get(name) ?? { name, points: [], steps: [], switches: [] };
    methods.set(name, method);
    return method;
  };
  for (const name of Object.keys(config.methods)) of(name);
  const images = new Map<number, ImageEvent>();
  let end: End['reason'] | undefined;
  for (const event of events) {
    if (event.type === 'point') of(event.method).points.push(event);
    else if (event.type === 'step') of(event.method).steps.push(event);
    else if (event.type === 'switch') of(event.method).switches.push(event);
    else if (event.type === 'scores') of(event.method).scores = event.scores;
    else if (event.type === 'picked') of(event.method).picked = event.picked;
    else if (event.type === 'result') of(event.method).result = event;
    else if (event.type === 'image') images.set(event.index, event);
    else if (event.type === 'end') end = event.reason;
  }
  return { config, methods: [...methods.values()], images, end };
}

/** Seconds a method has trained, as far as they are recorded. */
export function secondsOf({ points, steps, result }: MethodRecord): number {
  return result?.seconds ?? Math.max(points.at(-1)?.seconds ?? 0, steps.at(-1)?.seconds ?? 0);
}

/** Reads a run folder, whether its run is finished, was killed or goes on. @throws UnequalError if it is none. */
export async function readRecord(folder: string): Promise<RunRecord> {
  return toRecord(await readConfig(folder), await readEvents(folder));
}

/** @throws UnequalError */
export async function readConfig(folder: string): Promise<RunConfig> {
  const path = join(folder, 'config.json');
  const missing = (cause: unknown, got: string) =>
    fault({ wrong: `${folder} is not a run folder`, got, expected: 'config.json and metrics.ndjson', cause });
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw missing(cause, `no ${path}`);
  });
  try {
    const config = JSON.parse(text) as RunConfig;
    if (typeof config.methods !== 'object' || config.methods === null) throw new Error('no methods');
    return config;
  } catch (cause) {
    throw missing(cause, `${path}: ${(cause as Error).message}`);
  }
}

/** The events of a run folder. A last line that was not finished is left out. @throws UnequalError on any other. */
export async function readEvents(folder: string): Promise<RunEvent[]> {
  const path = join(folder, 'metrics.ndjson');
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n');
  return lines.flatMap((line, k): RunEvent[] => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as RunEvent];
    } catch (cause) {
      if (k === lines.length - 1) return [];
      throw fault({ wrong: `line ${k + 1} of ${path} is damaged`, got: line.slice(0, 60), expected: 'JSON', cause });
    }
  });
}
