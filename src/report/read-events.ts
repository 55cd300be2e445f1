import { sizeOfRegular } from '../data/regular-file.ts';
import { fault } from '../errors.ts';
import type { RunEvent } from './events.ts';
import type { LeftOut } from './left-out.ts';
import { toEvent } from './run-schema.ts';

// Not imported: a bundler for browsers would follow an import, though nobody loads this file there.
const { createReadStream } = process.getBuiltinModule('node:fs');

export interface EventsRead {
  readonly events: RunEvent[];
  readonly leftOut: LeftOut[];
}

/** No line of a run is longer, in bytes. */
const longest = 2 ** 26;
const lineFeed = 10;

/**
 * The events of `metrics.ndjson`, read piece by piece: a long run has more than a string holds. Lines that hold none are
 * left out and told; one at the end without a line feed was not finished and is only left out.
 *
 * @throws UnequalError if the file cannot be read.
 */
export async function readEventFile(path: string): Promise<EventsRead> {
  await sizeOfRegular(path);
  const events: RunEvent[] = [];
  const leftOut: LeftOut[] = [];
  let line = 0;
  for await (const bytes of linesOf(path)) {
    line++;
    if (bytes?.length === 0) continue;
    try {
      if (bytes === undefined) throw new Error(`it is longer than ${longest / 2 ** 20} MiB`);
      events.push(toEvent(JSON.parse(bytes.toString('utf8'))));
    } catch (error) {
      leftOut.push({ line, why: (error as Error).message });
    }
  }
  return { events, leftOut };
}

/** The finished lines of a file; undefined stands for one that is too long. */
async function* linesOf(path: string): AsyncGenerator<Buffer | undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>) {
      for (let from = 0; from < piece.length; ) {
        const at = piece.indexOf(lineFeed, from);
        const to = at < 0 ? piece.length : at;
        size += to - from;
        if (size <= longest) parts.push(piece.subarray(from, to));
        else parts = [];
        from = to + 1;
        if (at < 0) continue;
        yield size <= longest ? Buffer.concat(parts) : undefined;
        [parts, size] = [[], 0];
      }
    }
  } catch (cause) {
    throw fault({ wrong: `${path} cannot be read`, got: (cause as Error).message, cause });
  }
}
