import { fault, UnequalError } from '../errors.ts';
import type {
  End,
  ImageEvent,
  PickedEvent,
  PointEvent,
  ResultEvent,
  RunConfig,
  RunEvent,
  StepEvent,
  SwitchEvent,
} from './events.ts';

import type { LeftOut } from './left-out.ts';
import type { EventsRead } from './read-events.ts';
import { toConfig } from './run-schema.ts';

export type * from './events.ts';

/** Bytes of `config.json`. */
const mostConfig = 2 ** 24;

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
  /** With the first seed, where there are several. */
  readonly methods: readonly MethodRecord[];
  /** With each of several seeds that came to its end. */
  readonly seeds: readonly SeedRecord[];
  readonly images: ReadonlyMap<number, ImageEvent>;
  /** Absent while the run goes on, and for ever if it was killed. */
  readonly end?: End['reason'];
  /** Lines of the folder that hold no event. */
  readonly leftOut?: readonly LeftOut[];
}

/** What the methods did with one seed. */
export interface SeedRecord {
  readonly seed: number;
  readonly methods: readonly MethodRecord[];
}

/**
 * Puts the events of a run in order, in the order of the methods in its configuration.
 *
 * @example
 * ```ts
 * const { config } = await readRecord('runs/people');
 * const empty = toRecord(config, []);
 * ```
 */
export function toRecord(config: RunConfig, events: Iterable<RunEvent>): RunRecord {
  const runs = new Map<number, MethodsRecord>();
  const of = (seed = config.seed): MethodsRecord => {
    const run = runs.get(seed) ?? new MethodsRecord(Object.keys(config.methods));
    runs.set(seed, run);
    return run;
  };
  const images = new Map<number, ImageEvent>();
  const ended = new Set<number>();
  let end: End['reason'] | undefined;
  for (const event of events) {
    if (event.type === 'image') images.set(event.index, event);
    else if (event.type !== 'end') of(event.seed).add(event);
    else if (event.seed === undefined) end = event.reason;
    else ended.add(event.seed);
  }
  const seeds = (config.seeds ?? []).filter((seed) => ended.has(seed));
  return {
    config,
    methods: of(config.seed).methods,
    seeds: seeds.map((seed) => ({ seed, methods: of(seed).methods })),
    images,
    end,
  };
}

/** The events of one seed, by their methods. */
class MethodsRecord {
  private readonly byName = new Map<string, MethodRecord>();

  constructor(names: readonly string[]) {
    for (const name of names) this.of(name);
  }

  get methods(): readonly MethodRecord[] {
    return [...this.byName.values()];
  }

  private of(name: string): MethodRecord {
    const method = this.byName.get(name) ?? { name, points: [], steps: [], switches: [] };
    this.byName.set(name, method);
    return method;
  }

  add(event: Exclude<RunEvent, ImageEvent | End>): void {
    const method = this.of(event.method);
    if (event.type === 'point') method.points.push(event);
    else if (event.type === 'step') method.steps.push(event);
    else if (event.type === 'switch') method.switches.push(event);
    else if (event.type === 'scores') method.scores = event.scores;
    else if (event.type === 'picked') method.picked = event.picked;
    else if (event.type === 'result') method.result = event;
  }
}

/** Seconds a method has trained, as far as they are recorded. */
export function secondsOf({ points, steps, result }: MethodRecord): number {
  return result?.seconds ?? Math.max(points.at(-1)?.seconds ?? 0, steps.at(-1)?.seconds ?? 0);
}

/** Steps a method has trained, as far as they are recorded. */
export function stepsOf({ points, steps, result }: MethodRecord): number {
  return result?.step ?? Math.max(points.at(-1)?.step ?? 0, steps.at(-1)?.step ?? 0);
}

// Not imported, so that reports can be drawn in a browser too.
const inFolder = (folder: string, name: string): string => process.getBuiltinModule('node:path').join(folder, name);

/**
 * Reads a run folder, whether its run is finished, was killed or goes on. @throws UnequalError if it is none.
 *
 * @example
 * ```ts
 * const record = await readRecord('runs/people');
 * console.log(record.methods.map(({ name }) => name));
 * ```
 */
export async function readRecord(folder: string): Promise<RunRecord> {
  const config = await readConfig(folder);
  const { events, leftOut } = await readEvents(folder);
  return { ...toRecord(config, events), leftOut };
}

/** @throws UnequalError */
export async function readConfig(folder: string): Promise<RunConfig> {
  const path = inFolder(folder, 'config.json');
  try {
    const { readText } = await import('../data/regular-file.ts');
    return toConfig(JSON.parse(await readText(path, mostConfig)));
  } catch (cause) {
    const wrong = `${folder} is not a run folder`;
    const { existsSync } = process.getBuiltinModule('node:fs');
    if (!existsSync(path)) {
      const got = existsSync(folder) ? 'no config.json in it' : 'nothing of that name';
      throw fault({ wrong, got, expected: 'the folder that unequal train, race or sweep has made', cause });
    }
    // What it says is a message of its own.
    if (cause instanceof UnequalError) throw fault({ wrong: `${wrong}: ${cause.message}`, cause });
    throw fault({
      wrong,
      got: `${path}: ${(cause as Error).message}`,
      expected: 'config.json and metrics.ndjson',
      cause,
    });
  }
}

/** The events of a run folder, and the lines that hold none. @throws UnequalError if they cannot be read. */
export async function readEvents(folder: string): Promise<EventsRead> {
  const { readEventFile } = await import('./read-events.ts');
  return readEventFile(inFolder(folder, 'metrics.ndjson'));
}
