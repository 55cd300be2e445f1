import { join } from 'node:path';
import { fault } from '../errors.ts';
import { numbersAsWords } from '../report/json-numbers.ts';
import { type RunConfig, type RunEvent, readConfig, readEvents } from '../report/record.ts';

/** What the folder of a race over seeds has come to. */
interface SeedsSoFar {
  /** The seeds that came to their end. */
  readonly done: readonly number[];
  /** The events of these. */
  readonly events: readonly RunEvent[];
  /** The configuration to go on with. */
  readonly config: RunConfig;
}

/** @throws UnequalError if the folder is of another race, or its events are damaged. */
export async function seedsSoFar(path: string, config: RunConfig): Promise<SeedsSoFar> {
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
  const seeds = [...new Set([...done, ...(config.seeds ?? [])])].sort((a, b) => a - b);
  const { started, engine, notes } = before;
  return { done, events: kept, config: { ...config, started, engine, notes, seeds } };
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
