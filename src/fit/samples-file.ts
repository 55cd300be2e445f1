import { fault } from '../errors.ts';
import type { State } from '../methods/method.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { checkSamples, SampleHistory } from './sample-history.ts';
import type { SampleMemoryState } from './sample-memory.ts';
import type { CheckpointStore } from './store.ts';

/**
 * Writes what became of each sample of a run to a file, whole or not at all: 23 bytes a sample, 27
 * where there are classes from 65,536 on.
 *
 * @example
 * ```ts
 * const { samples: history } = await fit(model, x, y, { epochs: 10 });
 * await writeSamples('samples.bin', history);
 * ```
 *
 * @param store default files in Node, the browser's database elsewhere.
 */
export async function writeSamples(path: string, samples: SampleHistory, store?: CheckpointStore): Promise<void> {
  checkSamples('writeSamples', samples);
  await writeCheckpoint(path, { samples: samples.state() } as unknown as State, store);
}

/**
 * Reads what {@link writeSamples} wrote, or what a checkpoint of a run that goes on or was killed says of its samples.
 *
 * @example
 * ```ts
 * const kept = await readSamples('samples.bin');
 * for (const { index, label, suggested } of kept.suspects(10)) console.log(index, label, suggested);
 * ```
 *
 * @throws UnequalError if there is nothing of the kind.
 */
export async function readSamples(path: string, store?: CheckpointStore): Promise<SampleHistory> {
  const state = (await readCheckpoint(path, store)) as { readonly samples?: SampleMemoryState | null } | null;
  if (!state?.samples) throw fault({ wrong: `${path} says nothing of samples`, expected: 'what writeSamples wrote' });
  try {
    return SampleHistory.from(state.samples);
  } catch (cause) {
    throw fault({ wrong: `${path} is damaged`, got: (cause as Error).message, cause });
  }
}
