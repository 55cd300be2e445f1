import type { ModelBatch } from '../learner/batch.ts';
import type { FitArgs, FitDatasetArgs } from './options.ts';
import type { Provider } from './provider.ts';
import type { OrderBy, PlacedSource } from './source.ts';
import type { Team } from './team.ts';
import type { ValidationStream } from './validation-stream.ts';

/** What `fit` and `fitDataset` make of their arguments. */
export interface RunOptions extends Omit<FitArgs & FitDatasetArgs, 'validationData'> {
  readonly batchSize: number;
  readonly length?: number;
  readonly validation?: Provider | ValidationStream;
  readonly validationBatchSize?: number;
  /** A batch like those to come. */
  readonly example: ModelBatch;
  /** The samples, put into an order by this where they are to be in another than theirs. */
  readonly source: (by: NonNullable<OrderBy>) => PlacedSource;
  /** Of data that callbacks may make ready: it is read when they know that the run has begun. */
  readonly opening?: Opening;
  /** Whether getting a batch may run code of the user's, which may change what the loss or a layer of theirs reads. */
  readonly runsCode?: boolean;
  readonly epoch: Epoch;
  /** The processes that train together, where there are others. */
  readonly team?: Team;
  /** What `model.fit` or `model.fitDataset` tells callbacks of the data. */
  readonly params: { readonly [name in 'initialEpoch' | 'samples' | 'steps' | 'batchSize']: number | null };
}

/** What a run has before its data is read. */
export type UnreadOptions = Omit<RunOptions, 'batchSize' | 'example'> & { readonly opening: Opening };

/** How data is read for the first time, with `model.fitDataset`'s order and number of openings. */
interface Opening {
  /** Opens it, before the first epoch begins. */
  open(): Promise<void>;
  /** The first batch of that epoch. @throws UnequalError if there is none. */
  first(): Promise<ModelBatch>;
}

/** How an epoch goes. */
interface Epoch {
  /** Number of its steps, if it is known. */
  readonly steps?: number;
  /** Number of the samples that uniform steps train on in it, once that is known. */
  samples(): number | undefined;
  /** Where it has no number of steps: how many batches of its pass were given, and how many there are, once that is known. */
  pass?(): { readonly given: number; readonly of: number | undefined };
  begin(epoch: number): Promise<void>;
  /** Samples of its step number `batch`; 0 at its end. */
  size(batch: number): Promise<number>;
  /** Whether it is known that nothing of it is left after `batch` steps, so that it is validated. */
  isWhole(batch: number): boolean;
}
