import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnequalError } from '../../../src/errors.ts';
import { generator, mutate } from './mutate.ts';
import { emptied, READERS } from './readers.ts';

/** What a child is asked for: inputs `from` to `to` − 1 of one reader. */
export interface Work {
  readonly reader: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

/** What it says of each input, after it has said that it begins with it. */
export interface Outcome {
  readonly index: number;
  readonly outcome: 'ok' | 'refused' | 'foreign' | 'memory';
  readonly message: string;
}

const MEMORY = 2 ** 20;

const stray: unknown[] = [];
process.on('uncaughtException', (error) => stray.push(error));
process.on('unhandledRejection', (error) => stray.push(error));
process.on('message', (work: Work) => run(work).then(() => process.exit(0)));
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function run({ reader: name, seed, from, to }: Work): Promise<void> {
  const reader = READERS.find((reader) => reader.name === name);
  if (reader === undefined) throw new Error(`no reader ${name}`);
  const root = await mkdtemp(join(tmpdir(), 'unequal-fuzz-'));
  try {
    await reader.prepare?.(root);
    const seeds = await reader.seeds();
    for (let index = from; index < to; index++) {
      process.send?.(index);
      const below = generator(seed, name, index);
      const which = index % seeds.length;
      const intact = index < seeds.length;
      // The first input of every seed is the seed itself, which has to be read.
      const bytes = intact ? Buffer.from(seeds[which]) : mutate(seeds[which], seeds, below);
      const folder = await emptied(join(root, 'input'));
      let error: unknown;
      try {
        await reader.read(bytes, folder, which);
      } catch (thrown) {
        error = thrown;
      }
      error = stray.shift() ?? error;
      stray.length = 0;
      const foreign = error !== undefined && (intact || !(error instanceof UnequalError));
      const full = process.resourceUsage().maxRSS > MEMORY;
      const outcome = foreign ? 'foreign' : full ? 'memory' : error === undefined ? 'ok' : 'refused';
      const message = foreign ? `${(error as Error)?.stack ?? error}` : `${(error as Error)?.message ?? ''}`;
      process.send?.({ index, outcome, message } satisfies Outcome);
      if (full) break;
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
