import { fault } from '../errors.ts';
import type { ModelBatch } from '../learner/batch.ts';

/** A stream to validate on, read anew at each validation and never held as a whole. */
export class ValidationStream {
  private first: { readonly batch: ModelBatch; readonly iterator: AsyncIterator<ModelBatch> } | undefined;

  /**
   * @param open starts the stream from its beginning.
   * @param most how many of its batches are read.
   */
  constructor(
    private readonly open: () => Promise<AsyncIterator<ModelBatch>>,
    private readonly most = Infinity,
  ) {}

  /** Reads the first batch, which the next validation begins with. @throws UnequalError if there is none. */
  async check(): Promise<void> {
    const iterator = await this.open();
    const { value, done } = await iterator.next();
    if (done) throw fault({ wrong: 'no samples to validate on', got: 'an empty stream', expected: 'at least one' });
    this.first = { batch: value, iterator };
  }

  async *batches(): AsyncGenerator<ModelBatch> {
    if (this.first === undefined) await this.check();
    const { batch, iterator } = this.first!;
    this.first = undefined;
    yield batch;
    for (let k = 1; k < this.most; k++) {
      const { value, done } = await iterator.next();
      if (!done) {
        yield value;
        continue;
      }
      if (this.most < Infinity) {
        console.warn(
          `unequal: the validation stream ran out of data after ${k} batches, before validationBatches: ${this.most}; make it longer, for instance with repeat()`,
        );
      }
      return;
    }
  }
}
