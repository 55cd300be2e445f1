import { numbersAsWords } from '../report/json-numbers.ts';
import type { RunEvent } from '../report/record.ts';
import { writeWhole } from '../whole-file.ts';

/** An event as a line of `metrics.ndjson`. Six digits are more than any plot shows. */
export function lineOf(event: RunEvent): string {
  const short = (name: string, value: unknown) =>
    Number.isFinite(value) && !Number.isInteger(value)
      ? Number((value as number).toPrecision(6))
      : numbersAsWords(name, value);
  return JSON.stringify(event, short);
}

/** Puts these events in the place of those of a file; a killed process leaves the ones or the others. */
export const replaceEvents = (path: string, events: readonly RunEvent[]): Promise<void> =>
  writeWhole(path, pieces(events));

/** The lines of a file, many at a time: a write for each would be slow. */
function* pieces(events: readonly RunEvent[]): Iterable<string> {
  for (let from = 0; from < events.length; from += 1000)
    yield events
      .slice(from, from + 1000)
      .map((event) => `${lineOf(event)}\n`)
      .join('');
}
