/** What an epoch of a stream is: a pass over it or, with `batchesPerEpoch`, a stretch of one pass. */
import { counted } from '../plural.ts';
import type { FitDatasetArgs } from './options.ts';
import type { RunOptions } from './run-options.ts';
import type { StreamSource } from './stream-source.ts';

type Epoch = RunOptions['epoch'];

/** Epochs that are passes over the stream. */
export const passes = (stream: StreamSource, { initialEpoch }: FitDatasetArgs): Epoch => ({
  steps: undefined,
  samples: () => stream.passLength,
  begin: async (epoch) => {
    if (epoch > (initialEpoch ?? 0)) await stream.rewind();
  },
  size: () => stream.nextSize(),
  isWhole: () => stream.isOver,
});

/**
 * Epochs of `batchesPerEpoch` steps each, one after the other in one pass, as in model.fitDataset.
 * @param batchSize samples in the first batch, once that is known.
 */
export function stretches(stream: StreamSource, args: FitDatasetArgs, batchSize: () => number | undefined): Epoch {
  const steps = args.batchesPerEpoch!;
  return {
    steps,
    samples: () => {
      const size = batchSize();
      return size && steps * size;
    },
    begin: async () => {},
    size: async (batch) => {
      if (batch >= steps) return 0;
      const next = await stream.nextSize();
      if (next === 0) warnOfEnd(args, batch, stream.batchesAtOnce);
      return next;
    },
    // Where presamples have used up what would have been enough, the last epoch that trained is validated all the same.
    isWhole: (batch) => batch >= steps || (stream.isOver && batch > 0 && stream.batchesAtOnce > 1),
  };
}

/** @param atOnce batches that the method takes for a step. */
function warnOfEnd({ batchesPerEpoch, epochs }: FitDatasetArgs, batch: number, atOnce: number): void {
  const needed = epochs === undefined ? '' : ` (${counted(batchesPerEpoch! * epochs, 'batch', 'batches')})`;
  const times = Number(atOnce.toPrecision(3));
  const more =
    atOnce > 1
      ? `; the method takes up to ${times} batches for a step here, so that ${times} times as many may be needed`
      : '';
  console.warn(
    `unequal: You provided \`batchesPerEpoch\` as ${batchesPerEpoch}, but your dataset iterator ran out of data after ${counted(batch, 'batch', 'batches')}; the epoch ends here. Make sure that the dataset has at least batchesPerEpoch * epochs batches${needed}, for instance with repeat()${more}`,
  );
}
